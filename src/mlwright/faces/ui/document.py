"""The page of a document: its text with the chunks it was cut into, beside the file that it was read from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mlwright.app import as_ref
from mlwright.faces.ui import links
from mlwright.faces.ui.paging import whole
from mlwright.faces.ui.reading import PART, Reading, marks, page_at, read
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import NotFound, ProviderError
from mlwright.kernel.ids import Ref
from mlwright.rag import Chunk, DocumentInfo, Original, Parsed, Rag

if TYPE_CHECKING:
    from mlwright.app import App

VIEWS = ("both", "text", "source")
_PICTURE = {"cache-control": "private, max-age=3600", "vary": "authorization"}


@dataclass(frozen=True, slots=True)
class Source:
    """The file behind the text, as the page shows it: pictures of pages, the lines of a text file, or nothing but a
    download. `page` is the one that is shown; `alike` where its lines are those of the text; `cut` where not all of a
    long file is shown."""

    kind: Literal["pages", "lines", "file"]
    size: int
    page: int = 0
    pages: int = 0
    lines: tuple[str, ...] = ()
    first: int = 1
    alike: bool = False
    cut: bool = False


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def document(request: Request) -> Response:
        ref = as_ref(request.path_params["ref"])
        if ref.kind == "chunk":
            chunk = await in_thread(app.pipeline().chunk, ref)
            return RedirectResponse(links.span(chunk.version, chunk.span.start, chunk.span.end), 302)
        rag, info = await in_thread(_found, app, ref)
        version = info.version if info else ref
        text = await in_thread(rag.text, version)
        chunks = await in_thread(rag.chunks, version)
        span = whole(request, "start", 0), whole(request, "end", 0)
        at = _at(request, text, chunks, span)
        reading = read(text, chunks, span, part=whole(request, "part", 0), at=at)
        wanted = request.query_params.get("view", "")
        view, page = wanted if wanted in VIEWS else "both", _page(request, text, reading, at)
        source = await in_thread(_source, rag, version, text, reading, page) if view != "text" else None
        blast = await in_thread(app.blast, info.document if info else version)
        return pages.render(
            request, "document.html", info=info, version=version, text=text, chunks=chunks, reading=reading,
            key=info.key if info else await in_thread(_key_of, app, version), touched=blast.kinds(),
            quote=text.text[slice(*span)] if span[0] < span[1] else "", cited=_cited(chunks, *span), source=source,
            view=view, shown_page=page, marks=marks(chunks), here_at={**request.query_params},
        )  # fmt: skip

    async def picture(request: Request) -> Response:
        version, page = _version(request), request.path_params["page"]
        rag, _ = await in_thread(_found, app, version)
        return Response(await in_thread(rag.originals.picture, version, page), headers=_PICTURE, media_type="image/png")

    async def original(request: Request) -> Response:
        version = _version(request)
        rag, _ = await in_thread(_found, app, version)
        found = await in_thread(rag.originals.original, version)
        name = quote(found.key.rpartition("/")[2], safe="")
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}", **_PICTURE}
        return Response(found.data, headers=headers, media_type="application/octet-stream")

    return [
        pages.route("/documents/version:{id}/pages/{page:int}.png", picture),
        pages.route("/documents/version:{id}/original", original),
        pages.route("/documents/{ref:path}", document),
    ]


def _version(request: Request) -> Ref:
    return Ref("version", request.path_params["id"])


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


def _at(request: Request, text: Parsed, chunks: Sequence[Chunk], span: tuple[int, int]) -> int:
    """The character that the address leads to: of the cited span, of `?chunk=`, or of `?page=`."""
    chunk, page = whole(request, "chunk", 0), whole(request, "page", 0)
    if span[0] < span[1]:
        return span[0]
    if 1 <= chunk <= len(chunks):
        return chunks[chunk - 1].span.start
    return text.pages[page - 1] if 1 <= page <= len(text.pages) else 0


def _page(request: Request, text: Parsed, reading: Reading, at: int) -> int:
    """The page to show: the one of the address, else the one of the place that it leads to."""
    page = whole(request, "page", 0)
    if 1 <= page <= len(text.pages):
        return page
    return page_at(text, at if reading.start <= at < reading.end else reading.start)


def _source(rag: Rag, version: Ref, text: Parsed, reading: Reading, page: int) -> Source | None:
    """None where the bytes of the file are lost or damaged."""
    try:
        original = rag.originals.original(version)
    except (NotFound, ProviderError):
        return None
    if original.pages:
        return Source("pages", len(original.data), page=page, pages=original.pages)
    return Source("file", len(original.data)) if original.text is None else _lines(original, text, reading)


def _lines(original: Original, text: Parsed, reading: Reading) -> Source:
    """The lines of the same part, where the text is the file itself; else those of its beginning."""
    source = original.text or ""
    if source == text.text:
        lines = _parted(source[reading.start : reading.end])
        return Source("lines", len(original.data), lines=lines, first=reading.first, alike=True)
    return Source("lines", len(original.data), lines=_parted(source[:PART]), cut=len(source) > PART)


def _parted(text: str) -> tuple[str, ...]:
    return tuple(line.removesuffix("\r") for line in text.removesuffix("\n").split("\n"))


def _cited(chunks: Sequence[Chunk], start: int, end: int) -> int | None:
    """The number of the first chunk that holds a span, from 1."""
    inside = (at for at, chunk in enumerate(chunks, 1) if chunk.span.start <= start and end <= chunk.span.end)
    return next(inside, None) if start < end else None
