"""The plan of a pipeline: prices with their arithmetic, and no price is never 0."""

import pytest

from mlwright.kernel.plan import Range
from mlwright.models import EmbedFacts, Price
from mlwright.rag import Load, PipelineSpec, cost_lines, prompt_tokens, situate_lines, storage_lines
from mlwright.rag.spec import SituateSpec

SPEC = PipelineSpec.model_validate({"documents": "docs", "chunk": {"by": "structure", "tokens": 200, "overlap": 0.0}})
LOAD = Load(question=40, answer=Range(50, 180, 420), characters=800_000)


def test_a_prompt_is_what_is_kept_and_at_most_the_budget() -> None:
    assert prompt_tokens(SPEC, LOAD) == Range(260, 260 + 6 * 200, 4000)


def test_costs_are_tokens_times_price() -> None:
    price = Price(input=1.0, output=5.0, as_of="2026-10-14", source="a list")
    prompt, answer, question, once = cost_lines("support", SPEC, LOAD, chat=price, embed=Price(input=0.02))
    assert prompt.usd is not None
    assert prompt.usd.likely == pytest.approx(1460 / 1e6)
    assert answer.usd is not None
    assert answer.usd.likely == pytest.approx(180 * 5 / 1e6)
    assert prompt.formula == "1,460 tokens (260 to 4,000) x 1 USD per million"
    assert prompt.source == "a list, 2026-10-14"
    assert (question.per, once.per) == ("request", "once")
    assert once.usd is not None
    assert once.usd.low == pytest.approx(1000 * 200 * 0.02 / 1e6)


def test_what_has_no_price_is_none() -> None:
    lines = cost_lines("support", SPEC, LOAD, chat=None, embed=None)
    assert all(line.usd is None and "no price" in line.formula for line in lines)


def test_storage_follows_chunks_and_dimensions() -> None:
    facts = EmbedFacts(dims=384, max_tokens=256, model="m")
    vectors, kept, chunks, held, words = storage_lines("support", SPEC, LOAD, embed=facts)
    assert vectors.bytes.low == 1000 * 384 * 4
    assert kept.bytes.low == 1000 * 384 * 2
    assert (held.medium, held.bytes.low) == ("memory", 1000 * 384 * 4)
    assert words.bytes.likely < chunks.bytes.likely
    without = PipelineSpec.model_validate({"documents": "docs", "index": {"keyword": "none"}})
    assert len(storage_lines("support", without, LOAD, embed=facts)) == 4


def test_contexts_of_chunks_cost_once_and_less_where_a_provider_caches() -> None:
    assert situate_lines("support", SPEC, LOAD, writer=Price(1.0, 4.0)) == []
    spec = SPEC.model_copy(update={"situate": SituateSpec(tokens=50, window=4000)})
    read, written = situate_lines("support", spec, LOAD, writer=Price(input=1.0, output=4.0))
    assert (read.per, read.path) == ("once", "rag.support.situate")
    assert read.usd is not None
    assert read.usd.low == pytest.approx(1000 * (170 + 200 + 200) / 1e6)
    assert read.usd.likely == pytest.approx(1500 * (170 + 200 + 2000) / 1e6)
    assert written.usd is not None
    assert written.usd.likely == pytest.approx(1500 * 50 * 4 / 1e6)
    cached, _ = situate_lines("support", spec, LOAD, writer=Price(input=1.0, output=4.0, cached_input=0.1))
    assert cached.usd is not None
    assert cached.usd.low == pytest.approx(1000 * (370 + 20) / 1e6)
    assert cached.usd.high == read.usd.high
    assert [line.usd for line in situate_lines("support", spec, LOAD, writer=None)] == [None, None]
