"""The checks that every embedding model must pass."""

import asyncio

from mlwright.models import Embedder

TEXTS = (
    "How do I rotate a key?",
    "To rotate a key, run one command.",
    "The cat sat on the mat.",
    "",
    "Grüße, 你好, 🙂 and a\nnew line",
)


async def check_embedder(model: Embedder, *, tolerance: float = 0.0) -> None:
    """Raises AssertionError where an embedding model breaks its contract.

    `tolerance` is how far equal texts may differ between two calls: 0 for models on this machine."""
    import numpy as np

    assert model.ref.kind == "model", f"ref is {model.ref}, its kind must be model"
    vectors = await model.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), model.dims), f"shape {vectors.shape}, not ({len(TEXTS)}, {model.dims})"
    assert vectors.dtype == np.float32, f"dtype {vectors.dtype}, not float32"
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4), "vectors have unit length, empty texts too"
    assert (await model.embed([])).shape == (0, model.dims), "an empty list gives shape (0, dims)"
    alone = np.concatenate([await model.embed([text]) for text in TEXTS])
    together = await asyncio.gather(*(model.embed(TEXTS) for _ in range(4)))
    for other in (alone, *together):
        assert np.abs(other - vectors).max() <= tolerance, "a vector depends on its text alone, not on its neighbours"
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2], "what is alike in words and meaning lies nearer"
    query = await model.embed(TEXTS[:1], kind="query")
    assert query.shape == (1, model.dims)
    long = await model.embed(["key " * (model.max_tokens * 2)])
    assert np.isfinite(long).all(), "a text over max_tokens is cut, not refused"
    check_tokens(model)


def check_tokens(model: Embedder) -> None:
    """Raises AssertionError where `token_ends` is not what chunkers count with."""
    assert list(model.token_ends("")) == [], "no text, no tokens"
    for text in TEXTS:
        ends = list(model.token_ends(text))
        assert ends == sorted(ends), "ends go forward"
        assert all(0 < end <= len(text) for end in ends), "ends are character offsets into the text"
        if ends:
            assert not text[ends[-1] :].strip(), "the last token ends at the last visible character"
