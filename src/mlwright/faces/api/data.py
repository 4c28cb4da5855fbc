"""Routes of data: ingest."""

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from mlwright.faces.api.rendering import Body, rendered
from mlwright.kernel.aio import in_thread

if TYPE_CHECKING:
    from mlwright.app import App


class IngestBody(Body):
    """Nothing to say: every source is read."""


def router(app: "App") -> APIRouter:
    api = APIRouter(prefix="/v1", tags=["data"])

    @api.post("/ingest")
    async def ingest(body: IngestBody) -> Response:
        """Read every source and bring every index in line; answers when that is done."""
        datasets, indexes = await in_thread(app.ingest)
        return rendered({"datasets": datasets, "indexes": indexes})

    return api
