"""Lineage: one graph of what was made from what. Whoever makes a thing writes its edges; anybody may walk them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store

_ADD = "insert into kernel_edge (child, parent, how) values (?, ?, ?) on conflict (child, parent, how) do nothing"
_BATCH = 500
_PAGE = 5000


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """`child` was made from `parent`, `how` says in which part it played: `cites`, `built from`, `cut from`."""

    child: Ref
    parent: Ref
    how: str


@dataclass(frozen=True, slots=True)
class Graph:
    """What a walk found. `depth` holds every node, nearest first; `truncated`: there is more than the limit."""

    root: Ref
    edges: tuple[Edge, ...]
    depth: Mapping[Ref, int]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Described:
    """How a room describes one of its things to people."""

    ref: Ref
    label: str
    facts: Mapping[str, str]


class Lineage:
    """The edges of one store. Writing an edge again changes nothing; cycles are walked once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def link(self, child: Ref, parents: Iterable[Ref], how: str) -> None:
        """`child` was made from each of `parents`."""
        self.link_many(Edge(child, parent, how) for parent in parents)

    def link_many(self, edges: Iterable[Edge]) -> None:
        """Many edges in one transaction."""
        self._store.write_many(_ADD, _values(edges))

    def link_soon(self, edges: Iterable[Edge]) -> None:
        """Many edges, without waiting for the disk: durable as `Store.write_soon` says."""
        self._store.write_soon(_ADD, _values(edges))

    def up(self, ref: Ref, *, depth: int | None = None, limit: int = 10_000, skip: Collection[str] = ()) -> Graph:
        """What `ref` was made from, directly and indirectly.

        `depth` bounds the number of steps, `limit` the number of nodes, and edges named in `skip` are not followed.
        """
        return self._walk(ref, "child", "parent", depth, limit, skip)

    def down(self, ref: Ref, *, depth: int | None = None, limit: int = 10_000, skip: Collection[str] = ()) -> Graph:
        """What was made from `ref`, directly and indirectly; the bounds are those of `up`."""
        return self._walk(ref, "parent", "child", depth, limit, skip)

    def without(self, refs: Sequence[Ref], how: str) -> list[Ref]:
        """Those of `refs` that no edge of this kind leads up from."""
        found: set[str] = set()
        for start in range(0, len(refs), _BATCH):
            some = [str(ref) for ref in refs[start : start + _BATCH]]
            sql = f"select distinct child from kernel_edge where child in ({_marks(some)}) and how = ?"  # noqa: S608
            found.update(row["child"] for row in self._store.rows(sql, [*some, how]))
        return [ref for ref in refs if str(ref) not in found]

    def _walk(self, root: Ref, near: str, far: str, depth: int | None, limit: int, skip: Collection[str]) -> Graph:
        found, level = {root: 0}, [root]
        edges: list[Edge] = []
        while level and (depth is None or found[level[0]] < depth):
            step = found[level[0]] + 1
            level, here = [], level
            for edge in self._edges(here, near, far, sorted(skip)):
                node: Ref = getattr(edge, far)
                if node not in found:
                    if len(found) >= limit:
                        return Graph(root, tuple(edges), found, truncated=True)
                    found[node] = step
                    level.append(node)
                edges.append(edge)
        return Graph(root, tuple(edges), found, truncated=False)

    def _edges(self, nodes: Sequence[Ref], near: str, far: str, skip: Sequence[str]) -> Iterator[Edge]:
        """The edges of `nodes`, a page at a time: one node may have millions, and the walk a limit."""
        for start in range(0, len(nodes), _BATCH):
            some = [str(node) for node in nodes[start : start + _BATCH]]
            sql = (  # only names of columns and marks are put in
                f"select child, parent, how from kernel_edge where {near} in ({_marks(some)})"  # noqa: S608
                f"{f' and how not in ({_marks(skip)})' if skip else ''} and ({near}, {far}, how) > (?, ?, ?)"
                f" order by {near}, {far}, how limit {_PAGE}"
            )
            last: tuple[str, ...] = ("", "", "")
            while last:
                page = self._store.rows(sql, [*some, *skip, *last])
                for row in page:
                    yield Edge(Ref.parse(row["child"]), Ref.parse(row["parent"]), row["how"])
                last = (page[-1][near], page[-1][far], page[-1]["how"]) if len(page) == _PAGE else ()


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _values(edges: Iterable[Edge]) -> list[tuple[str, str, str]]:
    return [(str(edge.child), str(edge.parent), edge.how) for edge in edges]
