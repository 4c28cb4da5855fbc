"""Routes of lineage: why (what a thing was made from), blast (what was made from it), trace (what happened then)."""

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from mlwright.app import Trace, Walk
from mlwright.faces.api.rendering import RefPath, rendered
from mlwright.kernel.aio import in_thread

if TYPE_CHECKING:
    from mlwright.app import App


def router(app: "App") -> APIRouter:
    api = APIRouter(prefix="/v1", tags=["lineage"])

    @api.get("/why/{ref:path}", response_model=Walk)
    async def why(ref: RefPath) -> Response:
        """What a thing was made from, down to files and commits."""
        return rendered(await in_thread(app.why, ref))

    @api.get("/blast/{ref:path}", response_model=Walk)
    async def blast(ref: RefPath) -> Response:
        """What was made from a thing."""
        return rendered(await in_thread(app.blast, ref))

    @api.get("/trace/{ref:path}", response_model=Trace)
    async def trace(ref: RefPath) -> Response:
        """What happened while an answer, a run or a request was at work, as spans."""
        return rendered(await in_thread(app.trace, ref))

    return api
