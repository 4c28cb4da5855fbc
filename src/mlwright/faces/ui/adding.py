"""Pages of adding: drop a file and watch it become searchable, take it away again, and what could not be read."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mlwright.data import MAX_UPLOAD
from mlwright.faces.files import MOST, files_of
from mlwright.faces.ui.paging import paged
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.aio import in_thread

if TYPE_CHECKING:
    from mlwright.app import App

_SHOWN = 100


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def add(request: Request) -> Response:
        return pages.render(
            request, "add.html", added=(await in_thread(app.added))[:_SHOWN], largest=MAX_UPLOAD, most=MOST,
            sources=list(app.blueprint.data.sources), source=app.pipeline().spec.documents,
        )  # fmt: skip

    async def keep(request: Request) -> Response:
        """What a form sends where there is no JavaScript."""
        files, source = await files_of(request)
        await in_thread(app.add, files, source=source)
        return RedirectResponse("/documents/add#added", 303)

    async def added(request: Request) -> Response:
        """The list alone, which the page asks for until all is settled."""
        return pages.render(request, "parts/added.html", added=(await in_thread(app.added))[:_SHOWN])

    async def remove(request: Request) -> Response:
        form = await request.form()
        await in_thread(app.remove, str(form.get("document", "")))
        return RedirectResponse("/documents/add#added", 303)

    async def quarantine(request: Request) -> Response:
        rows = await in_thread(app.data.quarantined)
        reason = request.query_params.get("reason", "")
        kept = [row for row in rows if not reason or row.reason == reason]
        return pages.render(
            request, "quarantine.html", page=paged(request, kept, "file"), reason=reason,
            reasons=sorted({row.reason for row in rows}), told=request.query_params.get("tried", ""),
        )  # fmt: skip

    async def retry(request: Request) -> Response:
        form = await request.form()
        source, key = str(form.get("source", "")), str(form.get("key", ""))
        sources = [source] if source else list(app.blueprint.data.sources)
        tried = sum([await in_thread(app.retry, name, [key] if key else None) for name in sources])
        return RedirectResponse(f"/quarantine?tried={tried}", 303)

    return [
        pages.route("/documents/add", add),
        pages.route("/documents/add", keep, methods=("POST",)),
        pages.route("/documents/added", added),
        pages.route("/documents/remove", remove, methods=("POST",)),
        pages.route("/quarantine", quarantine),
        pages.route("/quarantine/retry", retry, methods=("POST",)),
    ]
