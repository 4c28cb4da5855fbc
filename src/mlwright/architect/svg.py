"""A graph as SVG: lanes, boxes, arrows. Text can be selected and read aloud; colours follow the page, light or dark."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from mlwright.architect.graph import Edge, Graph, Lane, Node
from mlwright.architect.layout import PIXELS, Arrow, Band, Box, Layout, laid_out

TITLE_LETTERS, LINE_LETTERS = 21, 27
_BOX, _HEAD, _LINE, _MARGIN = PIXELS.box, PIXELS.head, PIXELS.line, PIXELS.margin
_CORNER = 6.0

GRAPH_CSS = """\
.mlw-graph{--g-text:var(--text,#1c2430);--g-quiet:var(--text-quiet,#5a6675);--g-box:var(--surface,#fff);
--g-line:var(--border,#c9d1da);--g-lane:var(--surface-sunken,#f4f6f8);--g-arrow:var(--text-quiet,#66727f);
--g-0:#2f6fb2;--g-1:#7a55b8;--g-2:#0f7f73;--g-3:#b0562a;--g-4:#a03b66;--g-5:#5d6b2f;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;max-width:100%;height:auto}
@media (prefers-color-scheme:dark){.mlw-graph{--g-text:var(--text,#e6ebf1);--g-quiet:var(--text-quiet,#a3afbd);
--g-box:var(--surface,#1d242d);--g-line:var(--border,#3a4552);--g-lane:var(--surface-sunken,#14191f);
--g-arrow:var(--text-quiet,#93a0ae);--g-0:#6aa9ea;--g-1:#b294ea;--g-2:#4cc2b3;--g-3:#e7955f;--g-4:#e583ab;--g-5:#b0c06a}}
.mlw-graph .lane{fill:var(--g-lane)}.mlw-graph .lane-title{fill:var(--g-quiet);font-size:12px;font-weight:600}
.mlw-graph .box{fill:var(--g-box);stroke:var(--g-line)}.mlw-graph .strong .box{stroke-width:2.5}
.mlw-graph .title{fill:var(--g-text);font-size:13px;font-weight:600}
.mlw-graph .line{fill:var(--g-quiet);font-size:11px}
.mlw-graph .arrow{fill:none;stroke:var(--g-arrow);stroke-width:1.3}.mlw-graph .dashed{stroke-dasharray:4 3}
.mlw-graph .head{fill:var(--g-arrow)}.mlw-graph .label{fill:var(--g-quiet);font-size:10px;text-anchor:end}
.mlw-graph a:hover .box,.mlw-graph a:focus .box{stroke:var(--g-text)}.mlw-graph a:focus{outline:none}
.mlw-graph a:focus-visible .box{stroke-width:2.5}
.mlw-graph .bar-0{fill:var(--g-0)}.mlw-graph .bar-1{fill:var(--g-1)}
.mlw-graph .bar-2{fill:var(--g-2)}.mlw-graph .bar-3{fill:var(--g-3)}.mlw-graph .bar-4{fill:var(--g-4)}
.mlw-graph .bar-5{fill:var(--g-5)}
"""


def draw_graph(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    lanes: Sequence[Lane],
    *,
    title: str = "Diagram",
    description: str = "",
    name: str = "graph",
    standalone: bool = True,
) -> str:
    """Any graph in swim lanes, as one `<svg>` element: the overview of a system, or the lineage of an answer.

    Arrows lead to the right. `name` keeps it apart from other drawings of one page. `standalone` puts the styles into
    the file; without it the page's style sheet has to hold `GRAPH_CSS` (a strict CSP forbids styles in the page). Nodes
    of unknown lanes raise ValueError."""
    strange = {node.lane for node in nodes} - {lane.id for lane in lanes}
    if strange:
        raise ValueError(f"no lane is called {', '.join(sorted(strange))}")
    return to_svg(Graph(name, title, description, tuple(lanes), tuple(nodes), tuple(edges)), standalone=standalone)


def to_svg(graph: Graph, *, standalone: bool = True) -> str:
    """One `<svg>` element, the same text for the same graph."""
    graph = graph.used
    layout = laid_out(graph)
    width, height = round(layout.width), round(layout.height)
    style = f"<style>{GRAPH_CSS}</style>" if standalone else ""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="mlw-graph" role="group" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" aria-label={quoteattr(graph.title)}>',
            f"<title>{escape(graph.title)}</title>",
            f"<desc>{escape(graph.description or graph.told)}</desc>",
            *([style] if style else []),
            *(_band(band, layout) for band in layout.bands),
            *(_arrow(arrow) for arrow in layout.arrows),
            *(_box(box, _number(graph, box), graph.name) for box in layout.boxes.values()),
            "</svg>",
            "",
        ]
    )


def _number(graph: Graph, box: Box) -> int:
    return next(number for number, lane in enumerate(graph.lanes) if lane.id == box.node.lane) % 6


def _band(band: Band, layout: Layout) -> str:
    y = band.y + band.height / 2
    words = band.title.split()
    lines = "".join(
        f'<tspan x="{_MARGIN + 12}" y="{_n(y + 4 + 15 * (number - (len(words) - 1) / 2))}">{escape(word)}</tspan>'
        for number, word in enumerate(words)
    )
    return (
        f'<rect class="lane" x="{_MARGIN}" y="{_n(band.y)}" width="{_n(layout.width - 2 * _MARGIN)}"'
        f' height="{_n(band.height)}" rx="8"/>'
        f'<rect class="bar-{band.number % 6}" x="{_MARGIN}" y="{_n(band.y)}" width="4"'
        f' height="{_n(band.height)}" rx="2"/>'
        f'<text class="lane-title">{lines}</text>'
    )


def _box(box: Box, lane: int, name: str) -> str:
    node = box.node
    text = box.y + (box.height - _HEAD - _LINE * len(node.lines) - 4) / 2
    lines = "".join(
        f'<text class="line" x="{_n(box.x + 14)}" y="{_n(text + _HEAD + 8 + _LINE * number)}">'
        f"{escape(_short(line, LINE_LETTERS))}</text>"
        for number, line in enumerate(node.lines)
    )
    whole = " · ".join((node.title, *node.lines))
    body = (
        f"<title>{escape(whole)}</title>"
        f'<rect class="box" x="{_n(box.x)}" y="{_n(box.y)}" width="{_BOX}" height="{_n(box.height)}" rx="6"/>'
        f'<rect class="bar-{lane}" x="{_n(box.x)}" y="{_n(box.y + 6)}" width="3.5"'
        f' height="{_n(box.height - 12)}" rx="1.5"/>'
        f'<text class="title" x="{_n(box.x + 14)}" y="{_n(text + 19)}">'
        f"{escape(_short(node.title, TITLE_LETTERS))}</text>"
        f"{lines}"
    )
    group = f'<g class="node{" strong" if node.strong else ""}" id={quoteattr(f"{name}-{node.id}")}>{body}</g>'
    return f"<a href={quoteattr(node.href)}>{group}</a>" if node.href else group


def _arrow(arrow: Arrow) -> str:
    x, y = arrow.points[-1]
    edge = arrow.edge
    label = f'<text class="label" x="{_n(x - 10)}" y="{_n(y - 3.5)}">{escape(edge.label)}</text>' if edge.label else ""
    return (
        f'<path class="arrow{" dashed" if edge.dashed else ""}" d="{_path(arrow.points)}"/>'
        f'<path class="head" d="M{_n(x)} {_n(y)}l-8 -3.6v7.2z"/>{label}'
    )


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Straight pieces with round corners; it ends inside the arrow's head."""
    *before, (end_x, end_y) = points
    shortened = [*before, (end_x - 6, end_y)]
    commands = [f"M{_n(shortened[0][0])} {_n(shortened[0][1])}"]
    for (ax, ay), (bx, by), (cx, cy) in zip(shortened, shortened[1:], shortened[2:], strict=False):
        into, out = (bx - ax, by - ay), (cx - bx, cy - by)
        radius = min(_CORNER, (abs(into[0]) + abs(into[1])) / 2, (abs(out[0]) + abs(out[1])) / 2)
        commands.append(f"L{_n(bx - _unit(into[0]) * radius)} {_n(by - _unit(into[1]) * radius)}")
        commands.append(f"Q{_n(bx)} {_n(by)} {_n(bx + _unit(out[0]) * radius)} {_n(by + _unit(out[1]) * radius)}")
    commands.append(f"L{_n(shortened[-1][0])} {_n(shortened[-1][1])}")
    return "".join(commands)


def _unit(value: float) -> int:
    return (value > 0) - (value < 0)


def _short(text: str, letters: int) -> str:
    """Cut to fit; of a path the end says more than the beginning."""
    if len(text) <= letters:
        return text
    return f"…{text[1 - letters :]}" if "/" in text and " " not in text else f"{text[: letters - 1]}…"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
