"""Pages of lineage: why (what a thing was made from) and blast (what was made from it), for any reference."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.app import as_ref
from mlwright.faces.ui.graphs import left_out, walk_svg
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.aio import in_thread

if TYPE_CHECKING:
    from mlwright.app import App, Walk


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def why(request: Request) -> Response:
        walk = await in_thread(app.why, as_ref(request.path_params["ref"]))
        return _shown(request, "why", walk)

    async def blast(request: Request) -> Response:
        walk = await in_thread(app.blast, as_ref(request.path_params["ref"]))
        return _shown(request, "blast", walk)

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

    return [pages.route("/why/{ref:path}", why), pages.route("/blast/{ref:path}", blast)]
