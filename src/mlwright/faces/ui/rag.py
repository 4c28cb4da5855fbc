"""Pages of RAG: the documents of an index, and the text of each with its chunks and the span that somebody cited."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mlwright.app import as_ref
from mlwright.faces.ui import links
from mlwright.faces.ui.paging import paged, whole
from mlwright.faces.ui.reading import read
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import NotFound
from mlwright.kernel.ids import Ref
from mlwright.rag import Chunk, DocumentInfo, Rag

if TYPE_CHECKING:
    from mlwright.app import App

SORTS = {
    "name": lambda info: info.key,
    "chunks": lambda info: (-info.chunks, info.key),
    "size": lambda info: (-info.characters, info.key),
    "new": lambda info: (-info.indexed_at.timestamp(), info.key),
}


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def documents(request: Request) -> Response:
        query = request.query_params
        wanted, sort, source = query.get("q", "").strip(), query.get("sort", "name"), query.get("source", "")
        pipeline = app.pipeline(query.get("pipeline", ""))
        found = [info for info in await in_thread(pipeline.documents) if _matches(info, wanted, source)]
        found.sort(key=SORTS.get(sort, SORTS["name"]))
        return pages.render(
            request, "documents.html", page=paged(request, found, "document"), wanted=wanted,
            sort=sort if sort in SORTS else "name", source=source, pipeline=pipeline.name, pipelines=list(app.rag),
            quarantined=await in_thread(app.data.quarantined), sources=list(app.blueprint.data.sources),
        )  # fmt: skip

    async def document(request: Request) -> Response:
        ref = as_ref(request.path_params["ref"])
        if ref.kind == "chunk":
            chunk = await in_thread(app.pipeline().chunk, ref)
            return RedirectResponse(links.span(chunk.version, chunk.span.start, chunk.span.end), 302)
        rag, info = await in_thread(_found, app, ref)
        version = info.version if info else ref
        text = await in_thread(rag.text, version)
        chunks = await in_thread(rag.chunks, version)
        start, end = whole(request, "start", 0), whole(request, "end", 0)
        reading = read(text, chunks, (start, end), part=whole(request, "part", 0))
        blast = await in_thread(app.blast, info.document if info else version)
        return pages.render(
            request, "document.html", info=info, version=version, text=text, chunks=chunks, reading=reading,
            key=info.key if info else await in_thread(_key_of, app, version), touched=blast.kinds(),
            quote=text.text[start:end] if start < end else "", cited=_cited(chunks, start, end),
        )  # fmt: skip

    return [pages.route("/documents", documents), pages.route("/documents/{ref:path}", document)]


def _matches(info: DocumentInfo, wanted: str, source: str) -> bool:
    inside = not source or info.document.id.startswith(f"{source}/")
    return inside and wanted.lower() in f"{info.key} {info.title}".lower()


def _found(app: "App", ref: Ref) -> tuple[Rag, DocumentInfo | None]:
    """The pipeline that holds a document or version now, and what it knows of it; a version that was replaced is still
    readable, and known to none. Raises NotFound."""
    for rag in app.rag.values():
        try:
            return rag, rag.document(ref)
        except NotFound:
            continue
    if ref.kind == "version":
        return app.pipeline(), None
    raise NotFound(f"no index holds {ref}", hint="it may have been removed since; `mlwright why` still knows its past")


def _key_of(app: "App", version: Ref) -> str:
    return app.data.file(version).key


def _cited(chunks: list[Chunk], start: int, end: int) -> int | None:
    """The number of the first chunk that holds a span, from 1."""
    inside = (at for at, chunk in enumerate(chunks, 1) if chunk.span.start <= start and end <= chunk.span.end)
    return next(inside, None) if start < end else None
