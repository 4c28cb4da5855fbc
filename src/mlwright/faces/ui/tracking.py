"""Pages of tracking: runs, one run with its curves and artifacts, and several side by side."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.app import as_ref
from mlwright.faces.ui import charts
from mlwright.faces.ui.graphs import trace_picture
from mlwright.faces.ui.paging import paged
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import UserError
from mlwright.tracking import MetricPoint, Run

if TYPE_CHECKING:
    from mlwright.app import App

_LISTED = 2000
_COMPARED = 8
_CURVES = 24


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def runs(request: Request) -> Response:
        kind, state = request.query_params.get("kind", ""), request.query_params.get("state", "")
        report = await in_thread(app.tracking.report)
        found = await in_thread(app.tracking.runs, _LISTED, kind or None)
        kept = [run for run in found if state in ("", run.state)]
        return pages.render(
            request, "runs.html", page=paged(request, kept, "run"), report=report, kind=kind, state=state
        )

    async def run(request: Request) -> Response:
        found = await in_thread(app.tracking.run, as_ref(request.path_params["ref"]))
        curves = await in_thread(_curves, app, found)
        return pages.render(
            request, "run.html", run=found, curves=curves, artifacts=await in_thread(app.tracking.artifacts, found.ref),
            trace=trace_picture(await in_thread(app.traced, found.ref)),
        )  # fmt: skip

    async def artifact(request: Request) -> Response:
        ref, path = as_ref(request.path_params["ref"]), request.path_params["path"]
        body = await in_thread(app.tracking.read, ref, path)
        name = path.rpartition("/")[2].encode("ascii", "replace").decode().replace('"', "'")
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(body, headers=headers, media_type="application/octet-stream")

    async def compare(request: Request) -> Response:
        refs = [as_ref(text) for text in dict.fromkeys(request.query_params.getlist("run"))]
        if not 2 <= len(refs) <= _COMPARED:
            raise UserError(
                f"{len(refs)} runs were chosen", hint=f"tick 2 to {_COMPARED} runs in the list, then press Compare"
            )
        comparison = await in_thread(app.tracking.compare, refs)
        return pages.render(request, "compare.html", comparison=comparison)

    return [
        pages.route("/runs", runs),
        pages.route("/runs/compare", compare),
        pages.route("/runs/{ref}/artifacts/{path:path}", artifact),
        pages.route("/runs/{ref}", run),
    ]


def _curves(app: "App", run: Run) -> list[tuple[charts.LineChart, Sequence[MetricPoint]]]:
    """Metrics with more than one value, as a chart and as the points that the browser may draw again."""
    series = [(name, app.tracking.points(run.ref, name)) for name in list(run.metrics)[:_CURVES]]
    return [(charts.curve(name, points), charts.thinned(points)) for name, points in series if len(points) > 1]
