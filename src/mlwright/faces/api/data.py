"""Routes of data: ingest, documents that are added and removed, the quarantine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from mlwright.app import Added
from mlwright.data import Dataset, Quarantined, Upload
from mlwright.faces.api.rendering import Body, Name, RefPath, Text, read, rendered
from mlwright.faces.files import files_of
from mlwright.kernel.aio import in_thread
from mlwright.kernel.ids import Ref
from mlwright.rag import IndexReport

if TYPE_CHECKING:
    from mlwright.app import App


class IngestBody(Body):
    """Nothing to say: every source is read."""


class TextBody(Body):
    """A document as text. `name` ends with what it is, as `notes.md`; `source` is a source of the blueprint, the one of
    the first pipeline where none is named."""

    name: Text = Field(min_length=1)
    text: Text = Field(min_length=1)
    source: Name = ""


class RetryBody(Body):
    """Which files of the quarantine to try again: all of a source where `keys` is left out."""

    source: Name
    keys: tuple[Text, ...] | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What was added, and the job that makes it searchable."""

    documents: Sequence[Upload]
    job: Ref


@dataclass(frozen=True, slots=True)
class Retried:
    """How many files are tried again."""

    files: int


@dataclass(frozen=True, slots=True)
class Ingested:
    """What the sources hold now, and what became of each index."""

    datasets: Sequence[Dataset]
    indexes: Sequence[IndexReport]


_FORM = {
    "type": "object",
    "properties": {
        "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "source": {"type": "string"},
    },
}
_ADD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": TextBody.model_json_schema()},
            "multipart/form-data": {"schema": _FORM},
        },
    }
}


def router(app: "App") -> APIRouter:
    api = APIRouter(prefix="/v1", tags=["data"])

    @api.post("/ingest", response_model=Ingested)
    async def ingest(body: IngestBody) -> Response:
        """Read every source and bring every index in line; answers when that is done."""
        return rendered(Ingested(*await in_thread(app.ingest)))

    @api.post("/documents", response_model=Kept, status_code=202, openapi_extra=_ADD)
    async def add(request: Request) -> Response:
        """Add documents: files as multipart/form-data, or one text as JSON. They are kept when this answers, and
        searchable when their job is done."""
        if request.headers.get("content-type", "").lower().startswith("multipart/"):
            files, source = await files_of(request)
        else:
            body = await read(request, TextBody)
            files, source = [(body.name, body.text.encode())], body.source
        documents, job = await in_thread(app.add, files, source=source)
        return rendered(Kept(documents, job), 202)

    @api.get("/uploads", response_model=list[Added])
    async def uploads() -> Response:
        """What was added, the latest first, each with its state."""
        return rendered(await in_thread(app.added))

    @api.delete("/documents/{ref:path}", response_model=Upload)
    async def remove(ref: RefPath) -> Response:
        """Take away a document that was added. No answer and no cache holds it any more when this answers."""
        return rendered(await in_thread(app.remove, ref))

    @api.get("/quarantine", response_model=list[Quarantined])
    async def quarantine() -> Response:
        """The files that could not be read, each with its reason."""
        return rendered(await in_thread(app.data.quarantined))

    @api.post("/quarantine/retry", response_model=Retried, status_code=202)
    async def retry(body: RetryBody) -> Response:
        """Try files again in the background."""
        return rendered(Retried(await in_thread(app.retry, body.source, body.keys)), 202)

    return api
