"""Retrieve and fuse: the right passages, in an order that can be explained."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel import aio
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, TransientError, UserError
from mlwright.models import Price, RerankChoice
from mlwright.models.rerank.lexical import Config as Lexical
from mlwright.models.rerank.llm import Config as Llm
from mlwright.models.rerank.mmr import Config as Mmr
from mlwright.rag import Answer, Rag, Retrieval, Turn
from mlwright.rag.fuse import fuse
from mlwright.rag.indexes import Found
from mlwright.testing.chat import ScriptedChat
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
    assert list(found.seconds) == ["rewrite", "embed", "vector", "keyword", "fuse", "dedupe", "keep"]
    root = kernel.spans.recent(1)[0]
    assert root.attributes["gen_ai.operation.name"] == "retrieval"
    assert [span.name.split()[0] for span in kernel.spans.trace(root.trace)] == ["retrieval", "embeddings", "search"]


def test_explaining_shows_every_stage_with_its_best(pipeline: Callable[..., Rag]) -> None:
    rag = pipeline()
    aio.run(rag.ingest())
    found = aio.run(rag.retrieve("Hi! Why does the pump rattle?", explain=True))
    stages = {stage.name: stage for stage in found.stages}
    assert list(stages) == ["rewrite", "embed", "vector", "keyword", "fuse", "dedupe", "keep"]
    assert stages["rewrite"].note == "tidied"
    assert [one.chunk for one in stages["keep"].candidates] == [hit.chunk.ref for hit in found.hits]
    assert stages["vector"].candidates[0].score == max(one.score for one in stages["vector"].candidates)
    plain = aio.run(rag.retrieve("Hi! Why does the pump rattle?"))
    assert all(not stage.candidates for stage in plain.stages)
    assert [hit.chunk.ref for hit in plain.hits] == [hit.chunk.ref for hit in found.hits]


def test_a_question_of_100000_characters(pipeline: Callable[..., Rag]) -> None:
    rag = pipeline()
    aio.run(rag.ingest())
    assert aio.run(rag.retrieve("Why does the pump rattle? " * 4000)).hits


def test_an_index_that_is_empty_now_finds_nothing(pipeline: Callable[..., Rag], documents: MemoryDocuments) -> None:
    rag = pipeline()
    aio.run(rag.ingest())
    assert aio.run(rag.retrieve("rattling pump")).hits
    documents.files = {"empty.md": b"# Boats\n\nBoats sail."}
    aio.run(rag.ingest())
    assert all("Boats" in hit.chunk.text for hit in aio.run(rag.retrieve("boats sail")).hits)


def test_what_was_retrieved_is_remembered_until_a_document_changes(
    pipeline: Callable[..., Rag], documents: MemoryDocuments
) -> None:
    rag = pipeline()
    aio.run(rag.ingest())
    first, again = aio.run(rag.retrieve("rattling pump")), aio.run(rag.retrieve("rattling pump"))
    assert first.stages[0].name == "rewrite"
    assert again.stages[0].name == "cache"
    assert again.hits == first.hits
    assert list(again.seconds) == ["cache"]
    assert aio.run(rag.retrieve("rattling pump", top=2)).stages[0].name == "rewrite"
    del documents.files["pumps.md"]
    aio.run(rag.ingest())
    after = aio.run(rag.retrieve("rattling pump"))
    assert after.stages[0].name == "rewrite"
    assert all(hit.chunk.key != "pumps.md" for hit in after.hits)


def test_what_is_remembered_is_bounded_and_can_be_switched_off(pipeline: Callable[..., Rag]) -> None:
    rag = pipeline(retrieve={"cache": 1})
    aio.run(rag.ingest())
    asked = ["pump", "valve", "pump", "pump"]
    assert [aio.run(rag.retrieve(q)).stages[0].name for q in asked] == ["rewrite", "rewrite", "rewrite", "cache"]
    rag = pipeline(retrieve={"cache": 0})
    assert [aio.run(rag.retrieve("pump")).stages[0].name for _ in range(2)] == ["rewrite", "rewrite"]


def test_a_reranker_orders_what_is_kept(pipeline: Callable[..., Rag]) -> None:
    part = Lexical(weight=1.0)
    rag = pipeline(rerank={"model": "better", "keep": 2}, reranker=RerankChoice(part.build(), part.facts()))
    aio.run(rag.ingest())
    found = aio.run(rag.retrieve("Which brass screw bleeds the pump?", explain=True))
    assert found.hits[0].chunk.headings == ("Pumps", "Noise")
    assert len(found.hits) == 2
    assert found.hits[0].rerank == found.hits[0].score >= found.hits[1].score
    assert "rerank" in found.seconds
    assert found.calls == ()


def test_mmr_after_a_reranker(pipeline: Callable[..., Rag]) -> None:
    part = Mmr(relevance=0.5)
    choice = RerankChoice(part.build(), part.facts())
    rag = pipeline(rerank={"model": "better", "keep": 3, "diversity": "30%"}, reranker=choice)
    aio.run(rag.ingest())
    found = aio.run(rag.retrieve("the pump"))
    assert [stage.name for stage in found.stages][-3:] == ["rerank", "mmr", "keep"]
    assert len({hit.chunk.ref for hit in found.hits}) == 3


@pytest.mark.parametrize("reply", ["no grades here", TransientError("busy", hint="wait")])
def test_a_reranker_that_fails_leaves_the_order_of_the_search(
    pipeline: Callable[..., Rag], reply: str | Exception
) -> None:
    part = Llm(chat="writer")
    broken = RerankChoice(part.build(ScriptedChat(reply)), part.facts())
    rag = pipeline(rerank={"model": "better", "keep": 3}, reranker=broken)
    plain = pipeline(retrieve={"keep": 3})
    aio.run(rag.ingest())
    found = aio.run(rag.retrieve("rattling pump"))
    assert [hit.chunk.ref for hit in found.hits] == [h.chunk.ref for h in aio.run(plain.retrieve("rattling pump")).hits]
    assert "the order of the search stays" in next(stage.note for stage in found.stages if stage.name == "rerank")


def test_what_the_search_asks_of_models_is_part_of_the_cost(pipeline: Callable[..., Rag]) -> None:
    grades = '{"grades": [{"passage": 1, "grade": 9}]}'
    part = Llm(chat="writer")
    writer = ScriptedChat('{"queries": ["air in the pump"]}', "A rattling pump has air in it [1].")
    rag = pipeline(
        chat={"writer": writer},
        prices={"writer": Price(input=10.0, output=10.0)},
        retrieve={"rewrite": {"by": "llm", "modes": ["expand"]}},
        rerank={"model": "grader", "keep": 3},
        reranker=RerankChoice(part.build(ScriptedChat(grades)), part.facts()),
    )
    aio.run(rag.ingest())

    async def ask() -> Answer:
        return await anext(item async for item in rag.answer("Why does the pump rattle?") if isinstance(item, Answer))

    answer = aio.run(ask())
    calls = aio.run(rag.retrieve("Why does the pump rattle? ")).calls
    assert len(calls) == 2
    assert answer.cost == pytest.approx((answer.input_tokens + answer.output_tokens) * 10 / 1e6)
    assert answer.input_tokens > sum(call.input_tokens for call in calls)


def test_a_follow_up_is_searched_with_what_it_leans_on(pipeline: Callable[..., Rag]) -> None:
    rag = pipeline()
    aio.run(rag.ingest())
    found = aio.run(rag.retrieve("And why?", history=[Turn("Why does the pump rattle?", "It has air in it.")]))
    assert found.queries == ("Why does the pump rattle? And why?",)
    assert found.hits[0].chunk.headings == ("Pumps", "Noise")


def test_both_sides_of_a_comparison_are_found(pipeline: Callable[..., Rag]) -> None:
    rag = pipeline(retrieve={"keep": 3})
    aio.run(rag.ingest())
    found = aio.run(rag.retrieve("What is the difference between office hours and grease for the bearing?"))
    assert len(found.queries) == 3
    assert {"notes/office.txt", "pumps.md"} <= {hit.chunk.key for hit in found.hits}


def test_other_settings_can_be_tried_in_one_retrieval(pipeline: Callable[..., Rag]) -> None:
    rag = pipeline(retrieve={"min_score": -1, "keep": 3})
    aio.run(rag.ingest())

    def tried(**settings: object) -> Retrieval:
        return aio.run(rag.retrieve("How do I close the burner?", explain=True, settings=settings))

    before = tried()
    assert len(tried(keep=1).hits) == 1
    only = tried(fuse="keyword", feedback={})
    assert {stage.name for stage in only.stages} >= {"keyword", "feedback"}
    assert all(hit.vector is None for hit in only.hits)
    assert tried().hits == before.hits, "what was tried is not remembered"
    for settings, told in (({"cache": 1}, "cannot be tried"), ({"keep": 0}, "keep"), ({"fuse": "magic"}, "fuse")):
        with pytest.raises(UserError, match=told):
            tried(**settings)
