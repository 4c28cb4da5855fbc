"""Routes of data: ingest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from mlwright.data import Dataset
from mlwright.faces.api.rendering import Body, rendered
from mlwright.kernel.aio import in_thread
from mlwright.rag import IndexReport

if TYPE_CHECKING:
    from mlwright.app import App


class IngestBody(Body):
    """Nothing to say: every source is read."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What the sources hold now, and what became of each index."""

    datasets: Sequence[Dataset]
    indexes: Sequence[IndexReport]


def router(app: "App") -> APIRouter:
    api = APIRouter(prefix="/v1", tags=["data"])

    @api.post("/ingest", response_model=Ingested)
    async def ingest(body: IngestBody) -> Response:
        """Read every source and bring every index in line; answers when that is done."""
        return rendered(Ingested(*await in_thread(app.ingest)))

    return api
