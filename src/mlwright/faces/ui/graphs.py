"""Lineage as a drawing: what led to a thing, or what came of it, in swim lanes by kind."""

from collections import Counter

from markupsafe import Markup

from mlwright.app import Walk
from mlwright.architect import Edge, Lane, Node, draw_graph
from mlwright.faces.ui.links import page_of
from mlwright.faces.ui.words import plural, short
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
    "run": "tracking", "commit": "tracking",
}  # fmt: skip
_QUIET = frozenset({"saw", "at", "follows", "recorded as", "adds", "uses", "measured on"})
MOST = 36
_EACH = 8


def walk_svg(walk: Walk) -> Markup:
    """The nearest things of a walk, at most 36 and 8 of a kind; what is left out is counted in the tree beside it."""
    shown = _shown(walk)
    left_out = len(walk.graph.depth) - len(shown)
    nodes = [_node(walk, ref) for ref in sorted(shown, key=lambda ref: (walk.graph.depth[ref], ref))]
    edges = [
        Edge(str(edge.parent), str(edge.child), edge.how, dashed=edge.how in _QUIET)
        for edge in walk.graph.edges
        if edge.parent in shown and edge.child in shown
    ]
    title = f"Lineage of {walk.root.label}" + (f", without {plural(left_out, 'further thing')}" if left_out else "")
    return Markup(draw_graph(nodes, edges, LANES, title=title, standalone=False))  # noqa: S704 (the architect escapes)


def left_out(walk: Walk) -> int:
    """How many things the drawing does not show."""
    return len(walk.graph.depth) - len(_shown(walk))


def _shown(walk: Walk) -> set[Ref]:
    shown, kinds = set[Ref](), Counter[str]()
    for ref in sorted(walk.graph.depth, key=lambda ref: (walk.graph.depth[ref], ref)):
        if len(shown) < MOST and kinds[ref.kind] < _EACH:
            shown.add(ref)
            kinds[ref.kind] += 1
    return shown


def _node(walk: Walk, ref: Ref) -> Node:
    told = walk.described[ref]
    title = told.label if told.label != str(ref) else short(ref)
    return Node(
        str(ref), _LANE.get(ref.kind, "other"), title, (f"{ref.kind} {short(ref)}",), page_of(ref), ref == walk.root.ref
    )
