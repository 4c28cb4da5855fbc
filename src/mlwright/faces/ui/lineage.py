"""Pages of lineage: why (what a thing was made from), blast (what was made from it), and trace (what happened then)."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.app import as_ref
from mlwright.architect import lane_of
from mlwright.faces.ui.graphs import left_out, trace_svg, walk_svg
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.aio import in_thread

if TYPE_CHECKING:
    from mlwright.app import App, Walk

_STEPS = 500
"""Steps that are listed below the drawing of a trace."""


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def why(request: Request) -> Response:
        walk = await in_thread(app.why, as_ref(request.path_params["ref"]))
        return _shown(request, "why", walk)

    async def blast(request: Request) -> Response:
        walk = await in_thread(app.blast, as_ref(request.path_params["ref"]))
        return _shown(request, "blast", walk)

    async def trace(request: Request) -> Response:
        found = await in_thread(app.trace, as_ref(request.path_params["ref"]))
        return pages.render(
            request, "trace.html", trace=found, picture=trace_svg(found), steps=found.spans[:_STEPS], lane_of=lane_of
        )

    def _shown(request: Request, way: str, walk: "Walk") -> Response:
        return pages.render(
            request,
            "walk.html",
            way=way,
            walk=walk,
            picture=walk_svg(walk),
            left_out=left_out(walk),
            kinds=walk.kinds(),
        )

    return [
        pages.route("/why/{ref:path}", why),
        pages.route("/blast/{ref:path}", blast),
        pages.route("/trace/{ref:path}", trace),
    ]
