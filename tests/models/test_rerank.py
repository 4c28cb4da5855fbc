"""Rerankers: the shipped suite on every one, and what is special to each."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel.errors import MissingExtra, ProviderError, TransientError, UserError
from mlwright.models import Reranker, RerankRequest, margins
from mlwright.models.rerank.cross_encoder import Config as CrossEncoder
from mlwright.models.rerank.http import Config as Http
from mlwright.models.rerank.lexical import Config as Lexical
from mlwright.models.rerank.lexical import closeness
from mlwright.models.rerank.llm import Config as Llm
from mlwright.models.rerank.llm import grades
from mlwright.models.rerank.mmr import Config as Mmr
from mlwright.testing.chat import ScriptedChat
from mlwright.testing.openai_server import Answer, Failure, OpenAiServer
from mlwright.testing.rerank import QUESTION, SCORES, TEXTS, check_reranker, write_cross_encoder

REQUEST = RerankRequest(QUESTION, TEXTS, SCORES)


def graded(request: object) -> str:
    """A model that knows the answer, whatever the number of passages."""
    text = str(request)
    places = range(1, text.count("<passage number=") + 1)
    entries = [{"passage": n, "grade": 9 if f"number={n}>\\nThe relief" in text else 1} for n in places]
    return f"Here you are:\n```json\n{json.dumps({'grades': entries})}\n```"


def test_local_rerankers_keep_the_contract(tmp_path: Path) -> None:
    mmr, lexical, cross = Mmr(), Lexical(), CrossEncoder(model=str(write_cross_encoder(tmp_path / "model")))
    asyncio.run(check_reranker(mmr.build(), mmr.facts(), judges=False, tolerance=0))
    asyncio.run(check_reranker(lexical.build(), lexical.facts(), tolerance=0))
    asyncio.run(check_reranker(cross.build(), cross.facts()))
    asyncio.run(check_reranker(Llm().build(ScriptedChat(graded)), Llm().facts()))


def test_http_keeps_the_contract() -> None:
    with OpenAiServer(key="secret") as server:
        part = Http.model_validate({"model": "rr", "base_url": server.url, "api_key": "secret"})
        model = part.build()
        asyncio.run(closed(check_reranker(model, part.facts()), model))
        body = server.seen[0].body
        assert (body["model"], body["top_n"], body["query"]) == ("rr", len(TEXTS), QUESTION)
        assert body["documents"][3] == " ", "servers refuse an empty text"


async def closed(work: object, model: Reranker) -> object:
    try:
        return await work  # type: ignore[misc]
    finally:
        await model.close()


@pytest.mark.parametrize(
    ("step", "error", "words"),
    [
        (Failure(429, headers={"Retry-After": "7"}), TransientError, "429"),
        (Failure(401), ProviderError, "401"),
        (Answer('{"results": [{"index": 9, "relevance_score": 1}]}'), ProviderError, "Cohere's form"),
        (Answer('{"results": [{"index": 0, "relevance_score": "much"}]}'), ProviderError, "Cohere's form"),
        (Answer('{"scores": []}'), ProviderError, "Cohere's form"),
        (Answer("<html>"), ProviderError, "Cohere's form"),
    ],
)
def test_http_tells_what_went_wrong(step: Answer | Failure, error: type[Exception], words: str) -> None:
    with OpenAiServer(step) as server:
        model = Http(model="rr", base_url=server.url).build()
        with pytest.raises(error, match=words):
            asyncio.run(closed(model.rerank(REQUEST), model))


@pytest.mark.parametrize("wrong", [1.5, -0.1, 7])
def test_a_score_beyond_the_scale_says_what_to_write(wrong: float) -> None:
    answer = Answer(json.dumps({"results": [{"index": 0, "relevance_score": wrong}]}))
    with OpenAiServer(answer) as server:
        model = Http(model="rr", base_url=server.url).build()
        with pytest.raises(ProviderError, match="scale: raw"):
            asyncio.run(closed(model.rerank(REQUEST), model))


def test_raw_scores_are_brought_between_0_and_1() -> None:
    raw = [4.0, -3.0, 0.0, 900.0, -900.0]
    given = [{"index": place, "relevance_score": score} for place, score in enumerate(raw)]
    with OpenAiServer(Answer(json.dumps({"results": given}))) as server:
        model = Http(model="rr", base_url=server.url, scale="raw").build()
        found = asyncio.run(closed(model.rerank(REQUEST), model))
    assert found.scores[:3] == pytest.approx([0.98201, 0.04743, 0.5], abs=1e-5)  # type: ignore[attr-defined]
    assert found.scores[3] == pytest.approx(1) and 0 <= found.scores[4] < 1e-20  # type: ignore[attr-defined]


def test_what_a_server_leaves_out_comes_last() -> None:
    with OpenAiServer(
        Answer('{"results": [{"index": 1, "relevance_score": 0.9}], "usage": {"total_tokens": 40}}')
    ) as server:
        model = Http(model="rr", base_url=server.url).build()
        found = asyncio.run(closed(model.rerank(REQUEST), model))
    assert max(range(5), key=lambda place: found.scores[place]) == 1  # type: ignore[attr-defined]
    assert found.scores[0] == 0.0  # type: ignore[attr-defined]
    assert found.usage.input_tokens == 40  # type: ignore[attr-defined]


def test_a_server_has_no_price_until_somebody_says_it() -> None:
    assert Http(model="rr").facts().per_search is None
    assert Http(model="rr", price=2.0).facts().per_search == 0.002
    assert Http(model="rr", base_url="http://127.0.0.1:9/v1").facts().per_search == 0.0
    assert Http(model="rr").facts().leaves_machine


def test_mmr_takes_what_is_new_before_what_repeats() -> None:
    vectors = np.array([[1, 0, 0], [0.99, 0.14, 0], [0, 1, 0]], np.float32)
    order = np.argsort(margins([1.0, 0.9, 0.5], vectors, 0.5))[::-1]
    assert order.tolist() == [0, 2, 1]
    assert np.argsort(margins([1.0, 0.9, 0.5], vectors, 1.0))[::-1].tolist() == [0, 1, 2]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0, 1), st.integers(0, 99))
def test_margins_fall_and_start_with_the_best(scores: list[float], relevance: float, seed: int) -> None:
    rows = np.random.default_rng(seed).standard_normal((len(scores), 5)).astype(np.float32)
    given = margins(scores, rows / np.linalg.norm(rows, axis=1, keepdims=True), relevance)
    assert len(given) == len(scores)
    if relevance > 0:
        assert scores[int(np.argmax(given))] >= max(scores) - 1e-9 or len(set(scores)) == 1


def test_words_close_together_are_worth_more() -> None:
    near, far, none = closeness(
        "relief valve", ["the relief valve opens", "the relief of the old pump by a valve", "boats"]
    )
    assert near > far > none == 0.0
    assert closeness("", ["a text"]) == [0.0]


@pytest.mark.parametrize(
    "said", ["I cannot do that.", "{}", '{"grades": "none"}', '{"grades": [{"passage": 9}]}', "{{{"]
)
def test_grades_that_cannot_be_read_are_an_error(said: str) -> None:
    with pytest.raises(ProviderError, match="no grades"):
        grades(said, 3, "model:x")


def test_grades_are_bounded_and_windows_joined() -> None:
    assert grades('{"grades": [{"passage": 2, "grade": 99}, {"passage": 1, "grade": -3}]}', 3, "x") == [0.0, 1.0, 0.0]
    chat = ScriptedChat(graded)
    found = asyncio.run(Llm(window=2).build(chat).rerank(REQUEST))
    assert len(chat.requests) == 3
    assert found.scores.index(max(found.scores)) == 1
    assert found.usage.input_tokens > 0


def test_a_cross_encoder_sorts_by_length_and_keeps_the_order(tmp_path: Path) -> None:
    model = CrossEncoder(model=str(write_cross_encoder(tmp_path / "m")), batch=2).build()
    texts = ("relief valve tested water and more words than others", "pipe", "valve", "the valve is tested")
    found = asyncio.run(model.rerank(RerankRequest("Is the relief valve tested?", texts, (1, 1, 1, 1))))
    raw = [3 - 2, 0 - 2, 1 - 2, 2 - 2]
    assert found.scores == pytest.approx([1 / (1 + np.exp(-x)) for x in raw], abs=1e-6)


@pytest.mark.parametrize("make", [lambda p: p / "absent", lambda p: p])
def test_a_folder_without_a_model_is_told(make: Callable[[Path], Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no folder of a cross-encoder"):
        CrossEncoder(model=str(make(tmp_path))).build()


@pytest.mark.parametrize("engine", ["fastembed", "sentence-transformers"])
def test_an_absent_engine_says_what_to_install(engine: str) -> None:
    try:
        CrossEncoder.model_validate({"model": "no/such-model", "engine": engine}).build()
    except MissingExtra as error:
        assert error.hint == 'pip install "mlwright[rerank]"'
    except Exception as error:  # the package is here, the model is not
        assert "no/such-model" in str(error)


def test_weights_of_a_hub_are_pinned_by_a_commit() -> None:
    hub = {"model": "cross-encoder/ms-marco-MiniLM-L6-v2", "engine": "sentence-transformers"}
    assert CrossEncoder.model_validate(hub).facts().unpinned == hub["model"]
    assert CrossEncoder.model_validate({**hub, "revision": "c" * 40}).facts().unpinned == ""
    assert CrossEncoder.model_validate({**hub, "model": "./weights"}).facts().unpinned == ""
    assert CrossEncoder.model_validate({"model": "weights"}).facts().unpinned == "", "a folder of your own"
    for wrong in ({"revision": "main"}, {"revision": "c" * 40, "engine": "fastembed"}):
        with pytest.raises(ValueError, match="revision"):
            CrossEncoder.model_validate({**hub, **wrong})
