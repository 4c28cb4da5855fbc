"""Embedding behind the OpenAI protocol, and by hashing."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import ValidationError

from mlwright.kernel.errors import ProviderError, TransientError, UserError
from mlwright.models import Embedder, price_of
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
