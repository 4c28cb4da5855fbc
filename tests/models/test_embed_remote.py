"""Embedding behind the OpenAI protocol and those of Cohere and Voyage, and by hashing."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import ValidationError

from mlwright.kernel.errors import ProviderError, TransientError, UserError
from mlwright.models import Embedder, Kind, least_cached, price_of, trained_prefixes
from mlwright.models.embed.cohere import Config as Cohere
from mlwright.models.embed.hashing import Config as Hashing
from mlwright.models.embed.openai import Config
from mlwright.models.embed.voyage import Config as Voyage
from mlwright.testing.embed import check_embedder
from mlwright.testing.openai_server import Answer, Failure, OpenAiServer


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer(dims=64) as server:
        yield server


def remote(server: OpenAiServer, **fields: object) -> Embedder:
    return Config.model_validate({"model": "hash", "base_url": server.url, "dims": 64, **fields}).build()


def of(vendor: type[Cohere] | type[Voyage], server: OpenAiServer, **fields: object) -> Embedder:
    return vendor.model_validate(
        {"model": "hash", "base_url": server.url, "dims": 64, "max_tokens": 50, **fields}
    ).build()


async def embed(model: Embedder, texts: list[str], kind: Kind = "document") -> "np.ndarray":
    try:
        return await model.embed(texts, kind)
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


@pytest.mark.parametrize("vendor", [Cohere, Voyage])
def test_cohere_and_voyage_keep_the_contract(vendor: type[Cohere] | type[Voyage], server: OpenAiServer) -> None:
    model = of(vendor, server)

    async def whole() -> None:
        await check_embedder(model, tolerance=1e-6)
        await model.close()  # type: ignore[attr-defined]

    asyncio.run(whole())


def test_cohere_is_told_what_is_a_question(server: OpenAiServer) -> None:
    texts = [f"text number {number}" for number in range(200)]
    vectors = asyncio.run(embed(of(Cohere, server), texts))
    assert np.allclose(vectors, asyncio.run(Hashing(dims=64).build().embed(texts)), atol=1e-6)
    asyncio.run(embed(of(Cohere, server, api_key="secret"), ["why?"], "query"))
    *documents, query = server.seen
    assert sorted(len(seen.body["texts"]) for seen in documents) == [8, 96, 96]
    assert {seen.path for seen in server.seen} == {"/v1/embed"}
    assert {seen.body["input_type"] for seen in documents} == {"search_document"}
    assert query.body == {
        "model": "hash", "input_type": "search_query", "texts": ["why?"], "embedding_types": ["float"]
    }  # fmt: skip
    assert query.headers["Authorization"] == "Bearer secret"
    with pytest.raises(ValidationError, match="96"):
        Cohere(model="embed-v4.0", batch=97)


def test_voyage_is_told_what_is_a_question(server: OpenAiServer) -> None:
    for kind in ("document", "query"):
        asyncio.run(embed(of(Voyage, server), ["why?"], kind))  # type: ignore[arg-type]
    assert [seen.body for seen in server.seen] == [
        {"model": "hash", "input": ["why?"], "input_type": kind} for kind in ("document", "query")
    ]
    assert {seen.path for seen in server.seen} == {"/v1/embeddings"}


@pytest.mark.parametrize(("vendor", "model"), [(Cohere, "embed-v4.0"), (Voyage, "voyage-4")])
def test_a_length_of_your_own_is_asked_for(vendor: type, model: str, server: OpenAiServer) -> None:
    asyncio.run(embed(of(vendor, server, model=model), ["a"]))
    assert server.seen[0].body["output_dimension"] == 64
    own = vendor(model=model, dims=vendor(model=model).facts().dims)
    assert "output_dimension" not in own.asked(["a"], "document")


@pytest.mark.parametrize(
    ("vendor", "model", "dims", "tokens", "price"),
    [
        (Cohere, "embed-v4.0", 1536, 128_000, 0.12),
        (Cohere, "embed-multilingual-v3.0", 1024, 512, 0.1),
        (Cohere, "embed-english-light-v3.0", 384, 512, None),
        (Voyage, "voyage-4-large", 1024, 32_000, 0.12),
        (Voyage, "voyage-law-2", 1024, 16_000, 0.12),
    ],
)
def test_known_models_have_their_facts(vendor: type, model: str, dims: int, tokens: int, price: float | None) -> None:
    part = vendor(model=model)
    facts, found = part.facts(), price_of(part)
    assert (facts.dims, facts.max_tokens, facts.leaves_machine, facts.embedded) == (dims, tokens, True, False)
    assert (found.input if found else None) == price, "no price is not a price of 0"
    assert price_of(vendor(model=model, price=0.5)).input == 0.5
    with pytest.raises(UserError, match="no api_key") as raised:
        part.build()
    assert "_API_KEY}" in raised.value.hint


@pytest.mark.parametrize("vendor", [Cohere, Voyage])
def test_what_is_not_known_is_asked_for(vendor: type) -> None:
    with pytest.raises(ValidationError, match="dims: 768"):
        vendor(model="new", max_tokens=512)
    with pytest.raises(ValidationError, match="max_tokens: 512"):
        vendor(model="new", dims=768)


@pytest.mark.parametrize("vendor", [Cohere, Voyage])
@pytest.mark.parametrize(
    ("step", "error", "words"),
    [
        (Failure(429, "slow down"), TransientError, "slow down"),
        (Failure(401, "no such key"), ProviderError, "no such key"),
        (Answer("<html>"), ProviderError, "form of /embed"),
        (Answer('{"embeddings": {"int8": []}}'), ProviderError, "form of /embed"),
        (
            Answer('{"embeddings": {"float": [[1.0]]}, "data": [{"index": 0, "embedding": [1.0]}]}'),
            ProviderError,
            "shape",
        ),
        (
            Answer('{"embeddings": {"float": ["a"]}, "data": [{"index": 0, "embedding": "a"}]}'),
            ProviderError,
            "form of",
        ),
    ],
)
def test_what_goes_wrong_is_told(
    vendor: type, step: Answer | Failure, error: type[Exception], words: str, server: OpenAiServer
) -> None:
    server.script(step)
    with pytest.raises(error, match=words):
        asyncio.run(embed(of(vendor, server), ["a"]))


def test_a_request_holds_no_more_than_a_server_reads(server: OpenAiServer) -> None:
    """Measured in bytes: a letter of many languages is a token, and three bytes."""
    asyncio.run(embed(of(Voyage, server, max_tokens=100_000), ["好" * 60_000] * 3))
    assert sorted(len(seen.body["input"]) for seen in server.seen) == [1, 2]
