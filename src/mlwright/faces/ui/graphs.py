"""Lineage as a drawing: what led to a thing, or what came of it, in swim lanes by kind. Traces on an axis of time."""

import re
from collections import Counter

from markupsafe import Markup

from mlwright.app import Node as WalkNode
from mlwright.app import Trace, Walk
from mlwright.architect import Edge, Lane, Node, draw_graph, draw_trace
from mlwright.faces.ui.links import page_of, path
from mlwright.faces.ui.words import short
from mlwright.kernel.ids import Ref

LANES = (
    Lane("documents", "Documents"),
    Lane("index", "Index"),
    Lane("model", "Models"),
    Lane("serving", "Serving"),
    Lane("evals", "Evals"),
    Lane("tracking", "Tracking"),
    Lane("other", "Other"),
)
_LANE = {
    "source": "documents", "document": "documents", "version": "documents", "dataset": "documents",
    "chunk": "index", "index": "index", "model": "model", "prompt": "model", "answer": "serving",
    "release": "serving", "blueprint": "serving", "feedback": "serving", "evalset": "evals", "evalresult": "evals",
    "answers": "evals", "run": "tracking", "commit": "tracking",
}  # fmt: skip
_QUIET = frozenset({"saw", "at", "follows", "recorded as", "adds", "uses", "measured on"})
_ELSEWHERE = frozenset({"adds"})
"""Edges to everything that a dataset brought: they stand in the tree, and would drown the drawing."""
MOST = 30
_EACH = 6
_FOLDED = 5
_SCALE = 0.8
_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')


def walk_svg(walk: Walk) -> Markup:
    """The nearest things of a walk, at most 30 and 6 of a kind; what is left out stands in the tree beside it."""
    shown = _shown(walk)
    nodes = [_node(walk, ref) for ref in shown]
    edges = [
        Edge(str(edge.parent), str(edge.child), edge.how, dashed=edge.how in _QUIET)
        for edge in walk.graph.edges
        if edge.parent in shown and edge.child in shown and edge.how not in _ELSEWHERE
    ]
    return picture(draw_graph(nodes, edges, LANES, title=f"Lineage of {walk.root.label}", standalone=False))


def trace_svg(trace: Trace, page: str = "") -> Markup:
    """The steps of a trace, each of which leads to its line on the trace's own page; `page` is that where it is another
    one."""
    svg = draw_trace(
        trace.spans, f"Trace of {trace.label}", href=lambda span: f"{page}#span-{span.id}", standalone=False
    )
    return Markup(svg)  # noqa: S704 (the architect escapes)


def trace_picture(trace: Trace | None) -> Markup | None:
    """The drawing for the page of the thing itself; None where no trace is kept."""
    return trace_svg(trace, f"/trace/{path(trace.ref)}") if trace else None


def picture(svg: str) -> Markup:
    """A drawing of the architect for a page, four fifths of its size: readable, and most fit without scrolling."""
    width, height = (round(int(side) * _SCALE) for side in _SIZE.search(svg).groups())  # type: ignore[union-attr]
    return Markup(_SIZE.sub(f'width="{width}" height="{height}"', svg, count=1))  # noqa: S704 (the architect escapes)


def left_out(walk: Walk) -> int:
    """How many things the drawing does not show."""
    return len(walk.graph.depth) - len(_shown(walk))


def by_how(node: WalkNode) -> list[tuple[str, list[WalkNode], bool]]:
    """The next things of a tree by how they follow; the last value says that they are too many to show unasked."""
    groups: dict[str, list[WalkNode]] = {}
    for child in node.children:
        groups.setdefault(child.how, []).append(child)
    return [(how, children, len(children) > _FOLDED) for how, children in groups.items()]


def _shown(walk: Walk) -> list[Ref]:
    """What is drawn, nearest first."""
    beside: dict[Ref, list[Ref]] = {}
    for edge in walk.graph.edges:
        if edge.how not in _ELSEWHERE:
            beside.setdefault(edge.parent, []).append(edge.child)
            beside.setdefault(edge.child, []).append(edge.parent)
    shown, kinds = [walk.root.ref], Counter([walk.root.ref.kind])
    for ref in shown:
        for near in sorted(set(beside.get(ref, ())), key=lambda one: (walk.graph.depth[one], one)):
            if near not in shown and len(shown) < MOST and kinds[near.kind] < _EACH:
                shown.append(near)
                kinds[near.kind] += 1
    return shown


def _node(walk: Walk, ref: Ref) -> Node:
    told = walk.described[ref]
    title = told.label if told.label != str(ref) else short(ref)
    return Node(
        str(ref), _LANE.get(ref.kind, "other"), title, (f"{ref.kind} {short(ref)}",), page_of(ref), ref == walk.root.ref
    )
