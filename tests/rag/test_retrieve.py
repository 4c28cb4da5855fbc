"""Retrieve and fuse: the right passages, in an order that can be explained."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel import aio
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, UserError
from mlwright.rag import Rag
from mlwright.rag.fuse import fuse
from mlwright.rag.indexes import Found
from mlwright.testing.documents import MemoryDocuments

NEAR = [Found("a", 0.9), Found("b", 0.5), Found("c", 0.1)]
WORDS = [Found("b", 12.0), Found("d", 2.0)]


def test_convex_scales_each_list_and_weighs_them() -> None:
    scores = {one.id: one.score for one in fuse("convex", NEAR, WORDS, 0.75)}
    assert scores == pytest.approx({"a": 0.75, "b": 0.75 * 0.5 + 0.25, "c": 0.0, "d": 0.0})


def test_rrf_adds_reciprocal_ranks() -> None:
    scores = {one.id: one.score for one in fuse("rrf", NEAR, WORDS, 0.5)}
    assert scores == pytest.approx({"a": 1 / 61, "b": 1 / 62 + 1 / 61, "c": 1 / 63, "d": 1 / 62})


def test_single_retrievers_keep_their_scores() -> None:
    assert [(one.id, one.score) for one in fuse("vector", NEAR, [], 0.5)] == [("a", 0.9), ("b", 0.5), ("c", 0.1)]
    assert [(one.id, one.score) for one in fuse("keyword", [], WORDS, 0.5)] == [("b", 12.0), ("d", 2.0)]


def test_raw_scores_come_along() -> None:
    best = fuse("convex", NEAR, WORDS, 0.5)[0]
    assert (best.id, best.vector, best.keyword) == ("b", 0.5, 12.0)
    assert fuse("convex", NEAR, WORDS, 0.5)[1].keyword is None


founds = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.floats(-1, 1)), max_size=8, unique_by=lambda pair: pair[0]
).map(lambda pairs: [Found(*pair) for pair in sorted(pairs, key=lambda pair: -pair[1])])


@given(founds, founds, st.sampled_from(["convex", "rrf"]), st.floats(0, 1))
def test_fusion_is_a_function_of_the_scores(one: list[Found], other: list[Found], how: str, weight: float) -> None:
    fused = fuse(how, one, other, weight)  # type: ignore[arg-type]
    assert {found.id for found in fused} == {found.id for found in [*one, *other]}
    assert [(-found.score, found.id) for found in fused] == sorted((-found.score, found.id) for found in fused)
    if how == "convex":
        assert all(-1e-9 <= found.score <= 1 + 1e-9 for found in fused)


@pytest.mark.parametrize("how", ["convex", "rrf", "vector", "keyword"])
def test_a_question_finds_its_passage(pipeline: Callable[..., Rag], how: str) -> None:
    rag = pipeline(retrieve={"fuse": how})
    aio.run(rag.ingest())
    found = aio.run(rag.retrieve("Why does the pump rattle? It has air in it."))
    assert found.hits[0].chunk.headings == ("Pumps", "Noise")
    assert found.index == rag.index_ref()
    assert len(found.hits) <= rag.spec.retrieve.keep
    assert (found.hits[0].vector is None) == (how == "keyword")


def test_below_the_least_cosine_nothing_was_found(pipeline: Callable[..., Rag]) -> None:
    rag = pipeline(retrieve={"min_score": 0.9})
    aio.run(rag.ingest())
    assert aio.run(rag.retrieve("pump")).hits == ()


def test_equal_texts_come_once(pipeline: Callable[..., Rag], documents: MemoryDocuments) -> None:
    documents.files |= {f"copy{n}.txt": b"The zeppelin lands at noon." for n in range(5)}
    rag = pipeline()
    aio.run(rag.ingest())
    hits = aio.run(rag.retrieve("when does the zeppelin land", top=20)).hits
    assert sum("zeppelin" in hit.chunk.text for hit in hits) == 1


def test_filters_are_those_of_the_blueprint(pipeline: Callable[..., Rag]) -> None:
    rag = pipeline(index={"metadata": ["folder", "key"]}, retrieve={"filter": ["folder"]})
    aio.run(rag.ingest())
    hits = aio.run(rag.retrieve("the pump", where={"folder": "notes"})).hits
    assert {hit.chunk.key for hit in hits} == {"notes/office.txt"}
    with pytest.raises(UserError, match="cannot be filtered by 'key'"):
        aio.run(rag.retrieve("the pump", where={"key": "guide.md"}))


def test_nothing_can_be_asked_before_the_first_ingest(pipeline: Callable[..., Rag]) -> None:
    rag = pipeline()
    with pytest.raises(NotFound, match="no index yet"):
        aio.run(rag.retrieve("anything"))
    with pytest.raises(UserError, match="empty"):
        aio.run(rag.retrieve("  "))


def test_stages_are_timed_and_traced(pipeline: Callable[..., Rag], kernel: Kernel) -> None:
    rag = pipeline()
    aio.run(rag.ingest())
    found = aio.run(rag.retrieve("valve"))
    assert set(found.seconds) == {"embed", "vector", "keyword", "load"}
    root = kernel.spans.recent(1)[0]
    assert root.attributes["gen_ai.operation.name"] == "retrieval"
    assert [span.name.split()[0] for span in kernel.spans.trace(root.trace)] == ["retrieval", "embeddings"]
