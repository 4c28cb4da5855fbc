"""Makes the API of an open workspace: the control plane on FastAPI, the hot routes plain, one guard around all."""

from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from mlwright.faces.api import (
    asking,
    conversations,
    data,
    evals,
    indexes,
    lineage,
    openai,
    openapi,
    problems,
    rag,
    serving,
    system,
    tracking,
)
from mlwright.faces.api.guard import Guard
from mlwright.faces.api.security import LOOPBACK, is_loopback
from mlwright.faces.api.streaming import ClientGone
from mlwright.faces.ui import make_pages
from mlwright.kernel.errors import MlwrightError

if TYPE_CHECKING:
    from mlwright.app import App

MAX_BODY = 1_000_000
MAX_UPLOAD = 256_000_000


def make_api(app: "App", *, host: str = "127.0.0.1", max_body: int = MAX_BODY, max_upload: int = MAX_UPLOAD) -> FastAPI:
    """The ASGI application. `host` is where it will listen: on loopback it answers only to local names, elsewhere every
    request needs a key. The pages are mounted too, under the same guard. `max_body` is in bytes, as is `max_upload` for
    requests that carry files."""
    pages = make_pages(app)

    async def handle(request: Request, error: Exception) -> Response:
        return pages.error(request, error) if pages.wants(request) else await problems.handle(request, error)

    local = is_loopback(host)
    guard = Middleware(
        Guard,
        spans=app.kernel.spans,
        keys=app.serving.keys,
        hosts=LOOPBACK | {host} if local else frozenset(),
        public=not local,
        max_body=max_body,
        max_upload=max_upload,
    )
    api = FastAPI(
        title="mlwright",
        version=version("mlwright"),
        docs_url=None,
        redoc_url=None,
        middleware=[guard],
        responses=openapi.PROBLEMS,
        redirect_slashes=False,
        exception_handlers={
            MlwrightError: handle,
            HTTPException: handle,
            RequestValidationError: problems.handle,
            ValidationError: problems.handle,
            ClientGone: _nobody,
        },
    )
    api.router.routes.extend([*asking.routes(app), *openai.routes(app)])
    for room in (rag, indexes, conversations, data, evals, tracking, lineage, serving, system):
        api.include_router(room.router(app))
    api.router.routes.extend(pages.routes)
    default = api.openapi
    api.openapi = lambda: openapi.document(api, default, public=not local)  # type: ignore[method-assign]
    return api


async def _nobody(request: Request, error: Exception) -> Response:
    """Nobody reads this any more."""
    return Response(status_code=499)
