"""Lineage on both engines, against a naive walk in Python."""

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlwright.kernel.ids import Ref, new_id
from mlwright.kernel.lineage import Edge, Graph, Lineage
from mlwright.kernel.store import Store


@pytest.fixture
def lineage(any_store: Store) -> Lineage:
    any_store.migrate("mlwright.kernel")
    return Lineage(any_store)


ANSWER, CHUNK, VERSION, DOCUMENT, INDEX = (
    Ref(kind, "1") for kind in ("answer", "chunk", "version", "document", "index")
)


def _line(lineage: Lineage) -> None:
    lineage.link(ANSWER, [CHUNK], "cites")
    lineage.link(ANSWER, [INDEX], "searched")
    lineage.link_many([Edge(CHUNK, VERSION, "cut from"), Edge(VERSION, DOCUMENT, "version of")])


def test_up_and_down(lineage: Lineage) -> None:
    _line(lineage)
    up = lineage.up(ANSWER)
    assert up.depth == {ANSWER: 0, CHUNK: 1, INDEX: 1, VERSION: 2, DOCUMENT: 3}
    assert list(up.depth) == [ANSWER, CHUNK, INDEX, VERSION, DOCUMENT]
    assert set(up.edges) == {
        Edge(ANSWER, CHUNK, "cites"),
        Edge(ANSWER, INDEX, "searched"),
        Edge(CHUNK, VERSION, "cut from"),
        Edge(VERSION, DOCUMENT, "version of"),
    }
    assert (up.root, up.truncated) == (ANSWER, False)
    assert lineage.down(DOCUMENT).depth == {DOCUMENT: 0, VERSION: 1, CHUNK: 2, ANSWER: 3}


def test_bounds(lineage: Lineage) -> None:
    _line(lineage)
    assert list(lineage.up(ANSWER, depth=1).depth) == [ANSWER, CHUNK, INDEX]
    assert not lineage.up(ANSWER, depth=1).truncated
    assert lineage.up(ANSWER, depth=0) == Graph(ANSWER, (), {ANSWER: 0}, truncated=False)
    assert list(lineage.up(ANSWER, skip=["cut from"]).depth) == [ANSWER, CHUNK, INDEX]
    cut = lineage.up(ANSWER, limit=3)
    assert (list(cut.depth), cut.truncated) == ([ANSWER, CHUNK, INDEX], True)
    assert not lineage.up(ANSWER, limit=5).truncated
    assert all({edge.child, edge.parent} <= set(cut.depth) for edge in cut.edges)


def test_a_thing_of_which_nothing_is_known(lineage: Lineage) -> None:
    assert lineage.up(Ref("answer", "none")) == Graph(
        Ref("answer", "none"), (), {Ref("answer", "none"): 0}, truncated=False
    )


def test_linking_again_changes_nothing(lineage: Lineage) -> None:
    for _ in range(2):
        _line(lineage)
        lineage.link(ANSWER, [], "cites")
        lineage.link_many([])
    assert len(lineage.up(ANSWER).edges) == 4


def test_two_ways_between_two_things(lineage: Lineage) -> None:
    lineage.link(ANSWER, [CHUNK, CHUNK], "cites")
    lineage.link(ANSWER, [CHUNK], "saw")
    assert {edge.how for edge in lineage.up(ANSWER).edges} == {"cites", "saw"}


def test_soon(lineage: Lineage, any_store: Store) -> None:
    lineage.link_soon([Edge(ANSWER, CHUNK, "cites"), Edge(ANSWER, CHUNK, "saw")])
    any_store.flush()
    assert len(lineage.up(ANSWER).edges) == 2


def test_edges_go_with_the_transaction_around_them(lineage: Lineage, any_store: Store) -> None:
    with pytest.raises(ZeroDivisionError), any_store.transaction():
        _line(lineage)
        _ = 1 / 0
    assert lineage.up(ANSWER).edges == ()


def test_odd_names(lineage: Lineage) -> None:
    odd = Ref("document", "files/ä b:c'd%?\\.md")
    lineage.link(ANSWER, [odd], "cites")
    assert odd in lineage.up(ANSWER).depth
    assert ANSWER in lineage.down(odd).depth


def test_a_level_wider_than_a_batch(lineage: Lineage) -> None:
    wide = [Ref("chunk", f"{number}") for number in range(2500)]
    lineage.link(ANSWER, wide, "saw")
    lineage.link_many(Edge(chunk, VERSION, "cut from") for chunk in wide)
    assert len(lineage.up(ANSWER).depth) == 2502
    assert len(lineage.down(VERSION).edges) == 5000


def test_a_node_with_more_edges_than_a_page(lineage: Lineage) -> None:
    answers = [Ref("answer", f"{number:05}") for number in range(12_000)]
    lineage.link_many(Edge(answer, INDEX, how) for answer in answers for how in ("searched", "used"))
    assert list(lineage.down(INDEX, limit=20_000).depth) == [INDEX, *answers]
    assert len(lineage.down(INDEX, limit=20_000).edges) == 24_000
    assert len(lineage.down(INDEX, limit=20_000, skip=["searched"]).edges) == 12_000
    assert lineage.down(INDEX, skip=["searched", "used"]).edges == ()
    few = lineage.down(INDEX, limit=10)
    assert (list(few.depth), few.truncated) == ([INDEX, *answers[:9]], True)


_NODES = st.sampled_from([Ref("n", letter) for letter in "abcdefgh"])
_EDGES = st.lists(st.builds(Edge, _NODES, _NODES, st.sampled_from(["x", "y"])), max_size=30)


@given(_EDGES, _NODES, st.none() | st.integers(0, 5), st.sets(st.sampled_from(["x", "y"]), max_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_any_graph_with_its_cycles(
    lineage: Lineage, edges: list[Edge], root: Ref, depth: int | None, skip: set[str]
) -> None:
    world = new_id()  # each example in nodes of its own

    def here(ref: Ref) -> Ref:
        return Ref(ref.kind, f"{world}-{ref.id}")

    edges = [Edge(here(edge.child), here(edge.parent), edge.how) for edge in edges]
    lineage.link_many(edges)
    followed = {edge for edge in edges if edge.how not in skip}
    for found, ends in (
        (lineage.up(here(root), depth=depth, skip=skip), {edge: (edge.child, edge.parent) for edge in followed}),
        (lineage.down(here(root), depth=depth, skip=skip), {edge: (edge.parent, edge.child) for edge in followed}),
    ):
        steps = _naive(here(root), ends.values(), depth)
        assert found.depth == steps
        assert list(found.depth.values()) == sorted(steps.values())
        inner = {node for node, step in steps.items() if depth is None or step < depth}
        assert sorted(found.edges) == sorted(edge for edge in followed if ends[edge][0] in inner)


def _naive(root: Ref, pairs: Iterable[tuple[Ref, Ref]], depth: int | None) -> dict[Ref, int]:
    pairs, found, step = list(pairs), {root: 0}, 0
    while depth is None or step < depth:
        step += 1
        new = {far for near, far in pairs if near in found and far not in found}
        if not new:
            break
        found |= dict.fromkeys(new, step)
    return found
