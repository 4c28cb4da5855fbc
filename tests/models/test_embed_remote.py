"""Embedding behind the OpenAI protocol, and by hashing."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import ValidationError

from mlwright.kernel.errors import ProviderError, TransientError, UserError
from mlwright.models import Embedder, least_cached, price_of, trained_prefixes
from mlwright.models.embed.hashing import Config as Hashing
from mlwright.models.embed.openai import Config
from mlwright.testing.embed import check_embedder
from mlwright.testing.openai_server import Failure, OpenAiServer


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer(dims=64) as server:
        yield server


def remote(server: OpenAiServer, **fields: object) -> Embedder:
    return Config.model_validate({"model": "hash", "base_url": server.url, "dims": 64, **fields}).build()


async def embed(model: Embedder, texts: list[str]) -> "np.ndarray":
    try:
        return await model.embed(texts)
    finally:
        await model.close()  # type: ignore[attr-defined]


def test_hashing_keeps_the_contract() -> None:
    asyncio.run(check_embedder(Hashing().build()))
    assert Hashing(dims=64).build().ref != Hashing().build().ref


def test_remote_keeps_the_contract(server: OpenAiServer) -> None:
    model = remote(server, max_tokens=50)

    async def whole() -> None:
        await check_embedder(model, tolerance=1e-6)
        await model.close()  # type: ignore[attr-defined]

    asyncio.run(whole())


def test_batches_keep_the_order(server: OpenAiServer) -> None:
    texts = [f"text number {number}" for number in range(25)]
    vectors = asyncio.run(embed(remote(server, batch=4), texts))
    expected = asyncio.run(Hashing(dims=64).build().embed(texts))
    assert np.allclose(vectors, expected, atol=1e-6)
    assert [len(seen.body["input"]) for seen in server.seen].count(4) == 6
    assert len(server.seen) == 7


def test_long_texts_are_cut_before_they_are_sent(server: OpenAiServer) -> None:
    asyncio.run(embed(remote(server, max_tokens=10), ["word " * 100]))
    assert server.seen[0].body["input"] == ["word " * 9 + "word"]


def test_one_error_is_one_error(server: OpenAiServer) -> None:
    server.script(Failure(429, "slow down", headers={"retry-after-ms": "1500"}))
    with pytest.raises(TransientError, match="slow down") as raised:
        asyncio.run(embed(remote(server, batch=1), ["a", "b", "c"]))
    assert raised.value.retry_after == 1.5


def test_vectors_of_another_length_are_refused(server: OpenAiServer) -> None:
    with pytest.raises(ProviderError, match=r"shape \(1, 64\)"):
        asyncio.run(embed(remote(server, dims=32), ["a"]))


def test_dims_are_known_or_asked_for() -> None:
    with pytest.raises(ValidationError, match="dims: 768"):
        Config(model="nomic")
    small = Config(model="text-embedding-3-small")
    assert small.facts().dims == 1536
    price = price_of(small)
    assert price is not None and price.input == 0.02 and price.output is None
    with pytest.raises(UserError, match="no api_key"):
        small.build()


def test_shortened_vectors_are_asked_for(server: OpenAiServer) -> None:
    asyncio.run(embed(remote(server, model="text-embedding-3-small"), ["a"]))
    assert server.seen[0].body["dimensions"] == 64


def test_prefixes_stand_before_questions_and_documents(server: OpenAiServer) -> None:
    model = remote(server, prefixes={"query": "query: ", "document": "passage: "}, max_tokens=4)

    async def both() -> None:
        await model.embed(["one two three four"], "query")
        await model.embed(["one two"])
        await model.close()  # type: ignore[attr-defined]

    asyncio.run(both())
    assert [seen.body["input"] for seen in server.seen] == [["query: one two"], ["passage: one"]]


def test_prefixes_are_part_of_the_name(server: OpenAiServer) -> None:
    refs = [
        remote(server, **fields).ref
        for fields in ({}, {"prefixes": {}}, {"prefixes": {"query": "q: "}}, {"prefixes": {"document": "q: "}})
    ]
    assert refs[0] == refs[1]
    assert len(set(refs)) == 3
    assert Config(model="m", dims=8, prefixes={"query": "q: "}).facts().prefixes == ("q: ", "")


@pytest.mark.parametrize(
    ("model", "query", "document"),
    [
        ("intfloat/multilingual-e5-large", "query: ", "passage: "),
        ("nomic-embed-text:latest", "search_query: ", "search_document: "),
        ("BAAI/bge-small-en-v1.5", "Represent this sentence for searching relevant passages: ", ""),
    ],
)
def test_what_a_model_was_trained_with_is_known_by_its_name(model: str, query: str, document: str) -> None:
    assert trained_prefixes(model) == (query, document)


@pytest.mark.parametrize("model", ["text-embedding-3-small", "BAAI/bge-m3", "e5", "all-minilm"])
def test_of_other_models_nothing_is_claimed(model: str) -> None:
    assert trained_prefixes(model) is None


def test_from_where_on_a_prompt_is_cached_is_known_by_provider() -> None:
    assert least_cached("openai", "gpt-4o-mini") == 1024
    assert least_cached("google", "gemini-2.5-pro") == 4096
    assert least_cached("anthropic", "claude-haiku-4-5") is None, "it wants a mark that nobody sends"
