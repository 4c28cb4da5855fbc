"""The home page, the system at a glance, and the choice of light or dark."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mlwright.architect import draw
from mlwright.faces.ui import charts
from mlwright.faces.ui.graphs import picture
from mlwright.faces.ui.rendering import THEMES, Renderer
from mlwright.faces.ui.served import served
from mlwright.kernel.aio import in_thread

if TYPE_CHECKING:
    from mlwright.app import App

_YEAR = 31_536_000
_LATEST = 20_000
_SHOWN = 5


def routes(app: "App", pages: Renderer) -> list[Route]:
    overview = picture(draw(app.blueprint, hrefs=_hrefs(app), standalone=False))

    async def home(request: Request) -> Response:
        glance = await in_thread(app.status)
        logs = await in_thread(app.serving.requests, _LATEST)
        now = app.kernel.clock.now()
        latest = await in_thread(served, app, _SHOWN)
        return pages.render(
            request, "home.html", glance=glance, picture=overview, latest=latest, asked=charts.hourly(logs, now)
        )

    async def theme(request: Request) -> Response:
        form = await request.form()
        chosen, back = str(form.get("theme", "")), str(form.get("back", "/"))
        inside = back.startswith("/") and not back.startswith(("//", "/\\"))
        response = RedirectResponse(back if inside else "/", 303)
        if chosen in THEMES:
            response.set_cookie("theme", chosen, max_age=_YEAR, samesite="strict")
        return response

    return [pages.route("/", home), pages.route("/theme", theme, methods=("POST",))]


def _hrefs(app: "App") -> dict[str, str]:
    """Where a click on a box of the overview leads."""
    blueprint = app.blueprint
    pages = {f"data.sources.{name}": f"/documents?source={name}" for name in blueprint.data.sources}
    pages |= {f"models.embed.{name}": "/documents" for name in blueprint.models.embed}
    pages |= {f"models.chat.{name}": "/answers" for name in blueprint.models.chat}
    for name in blueprint.rag:
        pages |= {f"rag.{name}.{step}": f"/documents?pipeline={name}" for step in ("chunk", "index")}
        pages |= {f"rag.{name}.retrieve": "/ask", f"rag.{name}.generate": "/ask"}
    pages |= {f"serving.endpoints.{name}": f"/releases#endpoint-{name}" for name in blueprint.serving.endpoints}
    pages |= {f"evals.sets.{name}": "/evals#sets" for name in blueprint.evals.sets}
    pages |= {f"evals.gates.{name}": f"/evals?gate={name}" for name in blueprint.evals.gates}
    return pages | {"tracking": "/runs"}
