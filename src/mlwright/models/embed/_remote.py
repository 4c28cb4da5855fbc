"""Embeddings over HTTP: texts in batches, several requests at a time, vectors checked and made unit length."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from mlwright.kernel.ids import Ref
from mlwright.models.embed import Kind
from mlwright.models.openai_api import Api

PATH = "embeddings"
_CHARS = 400_000
"""At most so many characters in one request: providers also limit the tokens of a whole batch."""
_PIECE = re.compile(r"[a-z]{1,6}|[A-Z][a-z]{0,5}|\d{1,3}|[^\W\d_a-zA-Z]|[^\w\s]|_|\w")


class Remote:
    """An Embedder. Tokens are estimated, on the safe side for English: the tokenizer is the provider's own."""

    def __init__(
        self,
        ref: Ref,
        api: Api,
        fields: Mapping[str, object],
        *,
        dims: int,
        max_tokens: int,
        batch: int,
        parallel: int,
        timeout: float,
        prefixes: Mapping[Kind, str],
    ) -> None:
        self.ref, self.dims, self.max_tokens = ref, dims, max_tokens
        self._api, self._fields = api, dict(fields)
        self._batch, self._parallel, self._timeout, self._prefixes = batch, parallel, timeout, prefixes

    async def embed(self, texts: Sequence[str], kind: Kind = "document") -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dims). Raises TransientError and ProviderError; nothing is retried here."""
        vectors = np.empty((len(texts), self.dims), np.float32)
        gate = asyncio.Semaphore(self._parallel)
        asked = [self._cut(self._prefixes[kind] + text) for text in texts]

        async def fill(start: int, end: int) -> None:
            async with gate:
                vectors[start:end] = await self._request(asked[start:end])

        try:
            async with asyncio.TaskGroup() as group:
                for start, end in self._batches(asked):
                    group.create_task(fill(start, end))
        except ExceptionGroup as errors:  # one failed request ends the others; its error is the answer
            raise errors.exceptions[0] from None
        return vectors

    def token_ends(self, text: str) -> Sequence[int]:
        return [match.end() for match in _PIECE.finditer(text)]

    async def close(self) -> None:
        await self._api.close()

    def _cut(self, text: str) -> str:
        """The text within the model's limit; a space for an empty one, which servers refuse."""
        if len(text) > self.max_tokens:
            ends = self.token_ends(text)
            text = text[: ends[self.max_tokens - 1]] if len(ends) > self.max_tokens else text
        return text if text.strip() else " "

    def _batches(self, texts: Sequence[str]) -> list[tuple[int, int]]:
        batches, start, size = [], 0, 0
        for place, text in enumerate(texts):
            if place > start and (place - start == self._batch or size + len(text) > _CHARS):
                batches.append((start, place))
                start, size = place, 0
            size += len(text)
        return [*batches, (start, len(texts))] if texts else []

    async def _request(self, texts: Sequence[str]) -> NDArray[np.float32]:
        body = {**self._fields, "input": list(texts), "encoding_format": "float"}
        async with self._api.post(PATH, body, timeout=self._timeout) as response:
            answer = await response.read()
        try:
            rows = sorted(orjson.loads(answer)["data"], key=_index)
            vectors = np.array([row["embedding"] for row in rows], np.float32)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise self._api.broken(PATH, f"{type(error).__name__} in {answer[:80]!r}") from error
        if vectors.shape != (len(texts), self.dims):
            raise self._api.broken(PATH, f"vectors of shape {vectors.shape}, not {(len(texts), self.dims)}; see `dims`")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and lengths.all()):
            raise self._api.broken(PATH, "a vector that is zero or not finite")
        return np.asarray(vectors / lengths, np.float32)


def _index(row: Mapping[str, Any]) -> int:
    return int(row["index"])
