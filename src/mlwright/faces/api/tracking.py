"""Routes of tracking: runs."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from mlwright.faces.api.rendering import IdPath, Name, rendered
from mlwright.kernel.aio import in_thread
from mlwright.kernel.ids import Ref
from mlwright.tracking import Run

if TYPE_CHECKING:
    from mlwright.app import App


def router(app: "App") -> APIRouter:
    api = APIRouter(prefix="/v1", tags=["tracking"])

    @api.get("/runs", response_model=list[Run])
    async def runs(limit: Annotated[int, Query(ge=1, le=10_000)] = 100, kind: Name = "") -> Response:
        """Recorded runs, newest first; `kind` is index, eval, …"""
        return rendered(await in_thread(app.runs, limit, kind or None))

    @api.get("/runs/{id}", response_model=Run)
    async def run(id: IdPath) -> Response:
        """One run with its parameters, metrics and environment."""
        return rendered(await in_thread(app.tracking.run, Ref("run", id)))

    return api
