"""Pages of evaluation: gates and sets, results with their intervals, and what was said to every example."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.app import as_ref
from mlwright.evals import EvalExample, EvalResult, ExampleResult
from mlwright.faces.ui import charts
from mlwright.faces.ui.paging import paged
from mlwright.faces.ui.rendering import Renderer
from mlwright.faces.ui.words import bounds
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import NotFound

if TYPE_CHECKING:
    from mlwright.app import App

_LISTED = 500
_CHARTED = 40
_EXAMPLES = 25
SHOWS = ("all", "failed", "errors")


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def evals(request: Request) -> Response:
        gate = request.query_params.get("gate", "")
        report = await in_thread(app.evals.report)
        results = await in_thread(app.evals.results, _LISTED, gate or None)
        charted = [_charts(results, one.name) for one in report.gates if gate in ("", one.name)]
        return pages.render(
            request, "evals.html", report=report, gate=gate, page=paged(request, results, "evaluation"), charted=charted
        )

    async def result(request: Request) -> Response:
        found = await in_thread(app.evals.result, as_ref(request.path_params["ref"]))
        show = request.query_params.get("show", "all")
        examples = await in_thread(app.evals.examples, found.ref)
        asked = await in_thread(_asked, app, found)
        required = {line.metric: line for line in bounds(found.requirements)}
        ordered = sorted(examples, key=lambda one: (not one.error, _mean(one, required)))
        kept = [one for one in ordered if show == "all" or (one.error if show == "errors" else _low(one, required))]
        return pages.render(
            request, "eval.html", result=found, required=required, asked=asked, total=len(examples),
            page=paged(request, kept, "example", _EXAMPLES), show=show if show in SHOWS else "all",
            failed=sum(_low(one, required) for one in examples),
            scored=[*required, *(name for name in found.metrics if name not in required)],
        )  # fmt: skip

    return [pages.route("/evals", evals), pages.route("/evals/{ref:path}", result)]


def _charts(results: list[EvalResult], gate: str) -> tuple[str, list[charts.LineChart]]:
    """A chart for each metric that the newest result of a gate requires, over its last results."""
    of_gate = [result for result in results if result.gate == gate][:_CHARTED][::-1]
    metrics = [line.metric for line in bounds(of_gate[-1].requirements) if line.value is not None] if of_gate else []
    return gate, [charts.history(of_gate, metric) for metric in dict.fromkeys(metrics)]


def _asked(app: "App", result: EvalResult) -> dict[str, EvalExample]:
    """The examples as they were asked; nothing where that version of the set is gone."""
    try:
        return {example.id: example for example in app.evals.dataset_at(result.dataset).examples}
    except NotFound:
        return {}


def _mean(one: ExampleResult, required: Collection[str]) -> float:
    """The mean of the scores that the gate looks at; 1 where it looks at none of this example's."""
    scores = [score for name, score in one.scores.items() if name in required]
    return sum(scores) / len(scores) if scores else 1.0


def _low(one: ExampleResult, required: Collection[str]) -> bool:
    """An error, or a score below a half that the gate looks at."""
    return bool(one.error) or any(score < 0.5 for name, score in one.scores.items() if name in required)
