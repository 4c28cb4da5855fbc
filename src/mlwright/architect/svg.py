"""A graph as SVG: lanes, boxes, arrows. Text can be selected and read aloud; colours follow the page, light or dark."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from mlwright.architect.graph import Edge, Graph, Lane, Node
from mlwright.architect.layout import PIXELS, Arrow, Box, laid_out
from mlwright.architect.svg_frame import GRAPH_CSS, drawn_band, number, opened, short

TITLE_LETTERS, LINE_LETTERS = 21, 27
_BOX, _HEAD, _LINE = PIXELS.box, PIXELS.head, PIXELS.line
_CORNER = 6.0


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
    return "\n".join(
        [
            *opened(
                graph.title,
                graph.description or graph.told,
                layout.width,
                layout.height,
                GRAPH_CSS if standalone else "",
            ),
            *(drawn_band(band, layout.width) for band in layout.bands),
            *(_arrow(arrow) for arrow in layout.arrows),
            *(_box(box, _number(graph, box), graph.name) for box in layout.boxes.values()),
            "</svg>",
            "",
        ]
    )


def _number(graph: Graph, box: Box) -> int:
    return next(at for at, lane in enumerate(graph.lanes) if lane.id == box.node.lane) % 6


def _box(box: Box, lane: int, name: str) -> str:
    node = box.node
    text = box.y + (box.height - _HEAD - _LINE * len(node.lines) - 4) / 2
    lines = "".join(
        f'<text class="line" x="{number(box.x + 14)}" y="{number(text + _HEAD + 8 + _LINE * at)}">'
        f"{escape(short(line, LINE_LETTERS))}</text>"
        for at, line in enumerate(node.lines)
    )
    whole = " · ".join((node.title, *node.lines))
    body = (
        f"<title>{escape(whole)}</title>"
        f'<rect class="box" x="{number(box.x)}" y="{number(box.y)}" width="{_BOX}"'
        f' height="{number(box.height)}" rx="6"/>'
        f'<rect class="bar-{lane}" x="{number(box.x)}" y="{number(box.y + 6)}" width="3.5"'
        f' height="{number(box.height - 12)}" rx="1.5"/>'
        f'<text class="title" x="{number(box.x + 14)}" y="{number(text + 19)}">'
        f"{escape(short(node.title, TITLE_LETTERS))}</text>"
        f"{lines}"
    )
    group = f'<g class="node{" strong" if node.strong else ""}" id={quoteattr(f"{name}-{node.id}")}>{body}</g>'
    return f"<a href={quoteattr(node.href)}>{group}</a>" if node.href else group


def _arrow(arrow: Arrow) -> str:
    x, y = arrow.points[-1]
    edge = arrow.edge
    label = (
        f'<text class="label" x="{number(x - 10)}" y="{number(y - 3.5)}">{escape(edge.label)}</text>'
        if edge.label
        else ""
    )
    return (
        f'<path class="arrow{" dashed" if edge.dashed else ""}" d="{_path(arrow.points)}"/>'
        f'<path class="head" d="M{number(x)} {number(y)}l-8 -3.6v7.2z"/>{label}'
    )


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Straight pieces with round corners; it ends inside the arrow's head."""
    *before, (end_x, end_y) = points
    shortened = [*before, (end_x - 6, end_y)]
    commands = [f"M{number(shortened[0][0])} {number(shortened[0][1])}"]
    for (ax, ay), (bx, by), (cx, cy) in zip(shortened, shortened[1:], shortened[2:], strict=False):
        into, out = (bx - ax, by - ay), (cx - bx, cy - by)
        radius = min(_CORNER, (abs(into[0]) + abs(into[1])) / 2, (abs(out[0]) + abs(out[1])) / 2)
        commands.append(f"L{number(bx - _unit(into[0]) * radius)} {number(by - _unit(into[1]) * radius)}")
        commands.append(
            f"Q{number(bx)} {number(by)} {number(bx + _unit(out[0]) * radius)} {number(by + _unit(out[1]) * radius)}"
        )
    commands.append(f"L{number(shortened[-1][0])} {number(shortened[-1][1])}")
    return "".join(commands)


def _unit(value: float) -> int:
    return (value > 0) - (value < 0)
