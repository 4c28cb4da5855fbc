"""The style page: every component of the design system, with made-up values, to look at and to test."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.architect import Edge, Lane, Node, draw_graph
from mlwright.evals import Interval, Requirement
from mlwright.faces.ui import charts
from mlwright.faces.ui.graphs import picture
from mlwright.faces.ui.paging import Page
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.ids import Ref
from mlwright.serving import RequestLog
from mlwright.tracking import MetricPoint

if TYPE_CHECKING:
    from mlwright.app import App

COLORS = (
    "surface", "page", "surface-sunken", "border", "border-strong", "text", "text-quiet", "accent", "accent-soft",
    "good", "good-soft", "warn", "warn-soft", "bad", "bad-soft", "mark",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    value: Interval
    required: Requirement | None


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def style(request: Request) -> Response:
        now = app.kernel.clock.now()
        points = [MetricPoint("loss", 2.4 / (1 + step / 4) + (step % 3) * 0.04, step, now) for step in range(24)]
        logs = [
            RequestLog(str(n), "answer", Ref("release", "x"), "", "error" if n == 7 else "ok", 0.2, None, 0.0, None, "",
                       now - timedelta(minutes=37 * (n % 36)))
            for n in range(90)
        ]  # fmt: skip
        return pages.render(
            request, "style.html", colors=COLORS, rows=_rows(), chart=charts.curve("loss", points),
            asked=charts.hourly(logs, now), picture=_picture(), now=now,
            page=Page((), "51–100 of 240 documents", "?page=1", "?page=3"),
        )  # fmt: skip

    return [pages.route("/style", style)]


def _rows() -> list[Row]:
    good, bad = Interval(0.91, 0.83, 0.97, 60), Interval(0.62, 0.5, 0.74, 60)
    return [
        Row("recall@5", good, Requirement("recall@5", ">=", 0.8, good, passed=True, why="")),
        Row("mrr", bad, Requirement("mrr", ">=", 0.7, bad, passed=False, why="0.62 is below 0.7")),
        Row("seconds", Interval(1.4, 1.1, 1.9, 60), None),
    ]


def _picture() -> Markup:
    lanes = (Lane("a", "Documents"), Lane("b", "Index"), Lane("c", "Serving"))
    nodes = (
        Node("file", "a", "guide.md", ("version 4f2a",), "#diagrams"),
        Node("chunk", "b", "guide.md, lines 3-9", ("chunk 9b1c",), "#diagrams"),
        Node("answer", "c", "How do I roll back?", ("answer 7mq2xt",), "#diagrams", strong=True),
    )
    edges = (Edge("file", "chunk", "cut from"), Edge("chunk", "answer", "cites"))
    return picture(draw_graph(nodes, edges, lanes, title="A small graph", standalone=False))
