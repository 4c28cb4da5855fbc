"""Walks over the lineage graph, told for people: `why` goes up to what a thing was made from, `blast` goes down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mlwright.kernel.ids import Ref
from mlwright.kernel.lineage import Described, Edge, Graph

Describe = Callable[[Ref], Described | None]

_FIRST = ("cites", "searched", "written by", "prompted by", "served by", "saw")
_SHARED = ("searched", "follows")
"""Edges that lead to everything at once (every answer of an index): not followed to find what one thing touched."""


@dataclass(frozen=True, slots=True)
class Node:
    """A thing in a walk: how the one above it came from it, what it is, and the next ones.

    `again` marks a thing whose own tree was already shown further up."""

    ref: Ref
    how: str
    label: str
    facts: Mapping[str, str]
    children: tuple["Node", ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk as a tree (for reading) and as a graph (for drawing), with the description of every thing in it."""

    root: Node
    graph: Graph
    described: Mapping[Ref, Described]

    def kinds(self) -> Mapping[str, list[Described]]:
        """What was met, by kind, nearest first; the root is left out."""
        found: dict[str, list[Described]] = {}
        for ref in sorted(self.graph.depth, key=lambda ref: (self.graph.depth[ref], ref)):
            if ref != self.root.ref:
                found.setdefault(ref.kind, []).append(self.described[ref])
        return found


def up(graph: Graph, describe: Describe) -> Walk:
    """What the root was made from, as a tree."""
    return _walk(graph, describe, lambda edge: (edge.child, edge.parent))


def down(graph: Graph, describe: Describe) -> Walk:
    """What was made from the root, as a tree."""
    return _walk(graph, describe, lambda edge: (edge.parent, edge.child))


def shared_edges() -> tuple[str, ...]:
    """The edges that `blast` leaves out."""
    return _SHARED


def _walk(graph: Graph, describe: Describe, ends: Callable[[Edge], tuple[Ref, Ref]]) -> Walk:
    described = {ref: describe(ref) or Described(ref, str(ref), {}) for ref in graph.depth}
    following: dict[Ref, list[tuple[str, Ref]]] = {}
    for edge in graph.edges:
        near, far = ends(edge)
        following.setdefault(near, []).append((edge.how, far))
    return Walk(_tree(graph.root, following, described), graph, described)


def _tree(root: Ref, following: Mapping[Ref, list[tuple[str, Ref]]], described: Mapping[Ref, Described]) -> Node:
    shown: set[Ref] = set()

    def node(ref: Ref, how: str, above: frozenset[Ref]) -> Node:
        told = described[ref]
        again = ref in shown
        shown.add(ref)
        if again or ref in above:
            return Node(ref, how, told.label, told.facts, again=bool(following.get(ref)))
        below = above | {ref}
        children = tuple(node(far, next_how, below) for next_how, far in sorted(following.get(ref, ()), key=_order))
        return Node(ref, how, told.label, told.facts, children)

    return node(root, "", frozenset())


def _order(step: tuple[str, Ref]) -> tuple[int, str, str, str]:
    how, ref = step
    return (_FIRST.index(how) if how in _FIRST else len(_FIRST), how, ref.kind, ref.id)
