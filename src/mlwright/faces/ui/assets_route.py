"""The route of static files. The digest in the path makes them good for a year; an old digest gets the new file."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mlwright.faces.ui.static import asset
from mlwright.kernel.errors import NotFound

_FOREVER = "public, max-age=31536000, immutable"


def routes() -> list[Route]:
    return [
        Route("/assets/{digest}/{name}", _file, methods=["GET"]),
        Route("/favicon.ico", _icon, methods=["GET"]),
    ]


async def _file(request: Request) -> Response:
    try:
        found = asset(request.path_params["name"])
    except NotFound as error:
        return Response(error.message, 404, media_type="text/plain")
    if request.path_params["digest"] != found.digest:
        return RedirectResponse(found.url, 302)
    headers = {"cache-control": _FOREVER, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, headers=headers | {"content-encoding": "gzip"}, media_type=found.media_type)
    return Response(found.body, headers=headers, media_type=found.media_type)


async def _icon(request: Request) -> Response:
    return RedirectResponse(asset("icon.svg").url, 302)
