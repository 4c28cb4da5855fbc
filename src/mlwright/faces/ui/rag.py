"""The list of the documents that an index holds."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.faces.ui.paging import paged
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.aio import in_thread
from mlwright.rag import DocumentInfo

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

    return [pages.route("/documents", documents)]


def _matches(info: DocumentInfo, wanted: str, source: str) -> bool:
    inside = not source or info.document.id.startswith(f"{source}/")
    return inside and wanted.lower() in f"{info.key} {info.title}".lower()
