"""Embeddings over HTTP: texts in batches, several requests at a time, vectors checked and made unit length."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from mlwright.kernel.ids import Ref
from mlwright.models.embed import Kind
from mlwright.models.embed._pieces import piece_ends
from mlwright.models.openai_api import Api

_BYTES = 400_000
"""At most so many bytes of text in one request: providers also limit the tokens of a whole batch."""


class Remote:
    """An Embedder. Tokens are estimated, on the safe side for English: the tokenizer is the provider's own."""

    def __init__(
        self,
        ref: Ref,
        api: Api,
        path: str,
        asked: Callable[[Sequence[str], Kind], Mapping[str, Any]],
        rows: Callable[[Any], Sequence[Sequence[float]]],
        *,
        dims: int,
        max_tokens: int,
        batch: int,
        parallel: int,
        timeout: float,
        prefixes: Mapping[Kind, str],
    ) -> None:
        self.ref, self.dims, self.max_tokens = ref, dims, max_tokens
        self._api, self._path, self._asked, self._rows = api, path, asked, rows
        self._batch, self._parallel, self._timeout, self._prefixes = batch, parallel, timeout, prefixes

    async def embed(self, texts: Sequence[str], kind: Kind = "document") -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dims). Raises TransientError and ProviderError; nothing is retried here."""
        vectors = np.empty((len(texts), self.dims), np.float32)
        gate = asyncio.Semaphore(self._parallel)
        asked = [self._cut(self._prefixes[kind] + text) for text in texts]

        async def fill(start: int, end: int) -> None:
            async with gate:
                vectors[start:end] = await self._request(asked[start:end], kind)

        try:
            async with asyncio.TaskGroup() as group:
                for start, end in self._batches(asked):
                    group.create_task(fill(start, end))
        except ExceptionGroup as errors:  # one failed request ends the others; its error is the answer
            raise errors.exceptions[0] from None
        return vectors

    def token_ends(self, text: str) -> Sequence[int]:
        return piece_ends(text)

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
            more = len(text.encode())
            if place > start and (place - start == self._batch or size + more > _BYTES):
                batches.append((start, place))
                start, size = place, 0
            size += more
        return [*batches, (start, len(texts))] if texts else []

    async def _request(self, texts: Sequence[str], kind: Kind) -> NDArray[np.float32]:
        async with self._api.post(self._path, self._asked(texts, kind), timeout=self._timeout) as response:
            answer = await response.read()
        try:
            vectors = np.array(self._rows(orjson.loads(answer)), np.float32)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise self._api.broken(self._path, f"{type(error).__name__} in {answer[:80]!r}") from error
        if vectors.shape != (len(texts), self.dims):
            wrong = f"vectors of shape {vectors.shape}, not {(len(texts), self.dims)}; see `dims`"
            raise self._api.broken(self._path, wrong)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and lengths.all()):
            raise self._api.broken(self._path, "a vector that is zero or not finite")
        return np.asarray(vectors / lengths, np.float32)
