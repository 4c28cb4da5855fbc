"""The page of the plan: what the system was expected to cost and take beside what it did, and what would cost less."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.architect import (
    told_actual,
    told_basis,
    told_error,
    told_gate,
    told_load,
    told_plan,
    told_saving,
    told_step,
)
from mlwright.faces.ui.charts import planned_mark
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import NotFound

if TYPE_CHECKING:
    from mlwright.app import Actual, App

WINDOWS = ("1h", "24h", "7d")
_USUAL = "24h"


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def plan(request: Request) -> Response:
        asked = request.query_params.get("window", _USUAL)
        window = asked if asked in WINDOWS else _USUAL
        made = await in_thread(app.plan)
        seen = [
            *((told_gate(one), one.sees) for one in made.gates),
            *((told_step(one), one.sees) for one in made.steps),
        ]
        return pages.render(
            request, "plan.html", plan=made, found=await in_thread(_actual, app, window), window=window,
            windows=WINDOWS, seen=seen, warnings=[told for one in made.latencies for told in told_load(one)],
            told_saving=told_saving, told_basis=told_basis, told_plan=told_plan, told_actual=told_actual,
            told_error=told_error, planned_mark=planned_mark,
        )  # fmt: skip

    return [pages.route("/plan", plan)]


def _actual(app: "App", window: str) -> "Actual | None":
    """What happened; None where nobody asked."""
    try:
        return app.actual(window)
    except NotFound:
        return None
