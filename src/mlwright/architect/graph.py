"""A diagram without a layout: boxes in lanes, and arrows between them. Drawn as SVG or written as Mermaid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Lane:
    """A band of the diagram."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Node:
    """A box. `href` is where a click leads; `strong` marks the one that the diagram is about. `path` is what it stands
    for in the blueprint, empty for what the file does not name."""

    id: str
    lane: str
    title: str
    lines: tuple[str, ...] = ()
    href: str = ""
    strong: bool = False
    path: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow. A `dashed` one is no flow of data: a fallback, a guard, a record."""

    source: str
    target: str
    label: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """`name` is a word for addresses: no two diagrams of one page share it."""

    name: str
    title: str
    description: str
    lanes: tuple[Lane, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def used(self) -> "Graph":
        """The same without lanes that hold nothing, without arrows that lead nowhere, and each arrow once."""
        lanes = tuple(lane for lane in self.lanes if any(node.lane == lane.id for node in self.nodes))
        known = {node.id for node in self.nodes}
        edges = tuple(dict.fromkeys(edge for edge in self.edges if {edge.source, edge.target} <= known))
        return replace(self, lanes=lanes, edges=edges)

    @property
    def told(self) -> str:
        """The arrows in words, for those who cannot see them."""
        names = {node.id: node.title for node in self.nodes}
        arrows = [
            f"{names[edge.source]} to {names[edge.target]}" + (f" ({edge.label})" if edge.label else "")
            for edge in self.used.edges
        ]
        return "; ".join(arrows) or "no arrows"


def ranks(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[str, int]:
    """The column of each box: arrows lead to the right. Boxes without an arrow into them stand just before the first
    one that they lead to; an arrow that closes a circle is not counted."""
    known = {node.id for node in nodes}
    following: dict[str, list[str]] = {name: [] for name in known}
    for edge in edges:
        if edge.source in known and edge.target in known and edge.source != edge.target:
            following[edge.source].append(edge.target)
    order = _order([node.id for node in nodes], following)
    position = {name: number for number, name in enumerate(order)}
    column = dict.fromkeys(order, 0)
    entered = set[str]()
    for name in order:
        for after in following[name]:
            if position[after] > position[name]:
                column[after] = max(column[after], column[name] + 1)
                entered.add(after)
    for name in order:
        later = [column[after] for after in following[name] if position[after] > position[name]]
        if name not in entered and later:
            column[name] = min(later) - 1
    least = min(column.values(), default=0)
    return {name: number - least for name, number in column.items()}


def _order(names: Sequence[str], following: dict[str, list[str]]) -> list[str]:
    """Every box before those that it leads to, as far as circles allow (depth first, without recursion)."""
    done: list[str] = []
    seen = set[str]()
    for start in names:
        stack = [(start, iter(following[start]))] if start not in seen else []
        seen.add(start)
        while stack:
            name, rest = stack[-1]
            after = next((one for one in rest if one not in seen), None)
            if after is None:
                done.append(name)
                stack.pop()
            else:
                seen.add(after)
                stack.append((after, iter(following[after])))
    return done[::-1]
