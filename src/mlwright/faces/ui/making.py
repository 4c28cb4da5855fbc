"""Makes the pages of an open workspace: every route, and the page that tells an error."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.faces.ui import (
    adding,
    asking,
    assets_route,
    chatting,
    designing,
    document,
    evals,
    exploring,
    home,
    indexes,
    lineage,
    mapping,
    planning,
    rag,
    serving,
    style,
    tracking,
)
from mlwright.faces.ui.rendering import Renderer

if TYPE_CHECKING:
    from mlwright.app import App

_ROOMS = (
    home,
    asking,
    chatting,
    adding,
    exploring,
    rag,
    document,
    indexes,
    mapping,
    evals,
    tracking,
    serving,
    planning,
    lineage,
    designing,
    style,
)


@dataclass(frozen=True, slots=True)
class Pages:
    """The routes of all pages, and how errors outside of them become a page."""

    routes: tuple[Route, ...]
    _renderer: Renderer

    def wants(self, request: Request) -> bool:
        """Does a person look at this, rather than a program?"""
        return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")

    def error(self, request: Request, error: Exception) -> Response:
        """The page of an error, with its status; one that nobody expected says nothing of itself."""
        return self._renderer.error(request, error)


def make_pages(app: "App") -> Pages:
    """`routes` go into any Starlette or FastAPI application, behind its guard: they check no key and no origin."""
    renderer = Renderer(app)
    routes = [route for room in _ROOMS for route in room.routes(app, renderer)]
    return Pages((*routes, *assets_route.routes()), renderer)
