"""Routes of evaluation: eval."""

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from mlwright.evals import EvalResult
from mlwright.faces.api.rendering import Body, Name, rendered
from mlwright.kernel.aio import in_thread

if TYPE_CHECKING:
    from mlwright.app import App


class EvalBody(Body):
    """Which gate to evaluate; all of them where none is named."""

    gate: Name = ""


def router(app: "App") -> APIRouter:
    api = APIRouter(prefix="/v1", tags=["evals"])

    @api.post("/eval", response_model=list[EvalResult])
    async def evaluate(body: EvalBody) -> Response:
        """Evaluate the release of the blueprint as it stands; answers when that is done."""
        return rendered(await in_thread(app.eval, body.gate))

    return api
