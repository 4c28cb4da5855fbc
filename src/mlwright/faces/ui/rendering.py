"""Renders templates: one environment for a workspace, what every page needs, and errors as pages."""

import logging
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from mlwright.faces.errors import leaving
from mlwright.faces.ui import charts, graphs, links, static, words
from mlwright.kernel.errors import MlwrightError

if TYPE_CHECKING:
    from mlwright.app import App

Show = Callable[[Request], Awaitable[Response]]
THEMES = ("light", "dark")
NAV = (
    ("/", "Home", "home"),
    ("/ask", "Ask", "ask"),
    ("/chat", "Chat", "chat"),
    ("/retrieve", "Retrieval", "retrieve"),
    ("/documents", "Documents", "documents"),
    ("/answers", "Answers", "answers"),
    ("/evals", "Evals", "evals"),
    ("/runs", "Runs", "runs"),
    ("/releases", "Releases", "releases"),
    ("/design", "Design", "design"),
    ("/plan", "Plan", "plan"),
)
_BELOW = {
    **dict.fromkeys(("/why", "/trace"), "/answers"),
    **dict.fromkeys(("/diagrams", "/blueprint"), "/design"),
    **dict.fromkeys(("/blast", "/quarantine", "/indexes", "/map"), "/documents"),
}
"""Pages that an entry of the navigation leads to, by their first folder."""
_TITLES = {404: "There is no such page", 405: "This page does not do that"}
_log = logging.getLogger("mlwright.ui")


class Renderer:
    """The templates of one workspace."""

    def __init__(self, app: "App") -> None:
        self._app = app
        self._jinja = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.filters.update(
            seconds=words.seconds,
            usd=words.usd,
            size=words.size,
            number=words.number,
            percent=words.percent,
            plural=words.plural,
            short=words.short,
            place=words.place,
            exact=words.exact,
            page_of=links.page_of,
            path=links.path,
            source=links.source_of,
            source_of_hit=links.source_of_hit,
            answer_parts=words.answer_parts,
            inline=words.inline,
            bounds=words.bounds,
            drops=words.drops,
            by_how=graphs.by_how,
            ago=lambda at: words.ago(at, self._app.kernel.clock.now()),
        )
        self._jinja.globals.update(
            asset=static.url,
            with_query=links.with_query,
            nav=NAV,
            product_version=version("mlwright"),
            interval=charts.interval,
        )

    def render(self, request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page; `values` are what its template names."""
        system = self._app.blueprint.system
        body = self._jinja.get_template(template).render(
            request_path=request.url.path,
            here=_here(request),
            theme=theme_of(request),
            system=system,
            partial=request.headers.get("hx-request") == "true",
            **values,
        )
        return HTMLResponse(body, status, {"cache-control": "no-store", "vary": "cookie, hx-request"})

    def route(self, path: str, show: Show, *, methods: tuple[str, ...] = ("GET",)) -> Route:
        """A page at a path. What goes wrong in it becomes a page too."""

        async def endpoint(request: Request) -> Response:
            try:
                return await show(request)
            except Exception as error:
                return self.error(request, error)

        return Route(path, endpoint, methods=list(methods), include_in_schema=False)

    def error(self, request: Request, error: Exception) -> Response:
        """The page of an error, with its status."""
        if isinstance(error, HTTPException):
            title, status = _TITLES.get(error.status_code, "The request was refused"), error.status_code
            told, hint = str(error.detail), ""
        elif isinstance(error, MlwrightError):
            row = leaving(error)
            title, status, told, hint = row.title, row.status, error.message, error.hint
        else:
            _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
            title, status = "Something went wrong here", 500
            told, hint = "mlwright met an error that it did not expect; its log has the details.", ""
        return self.render(request, "error.html", status=status, title=title, told=told, hint=hint, code=status)


def theme_of(request: Request) -> str:
    """`light` or `dark` where the reader chose one; else empty, and the system decides."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in THEMES else ""


def _here(request: Request) -> str:
    """The entry of the navigation that the page belongs to."""
    first = "/" + request.url.path.strip("/").split("/")[0]
    return _BELOW.get(first, first)
