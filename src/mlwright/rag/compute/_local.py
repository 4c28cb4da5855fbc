"""The local compute at work: one batch is embedded while the next one is parsed."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import Unreadable
from mlwright.rag.compute import Divided, Work
from mlwright.rag.compute._dividing import Divider

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Local:
    """Two batches under way, of which one is embedded: an embedder uses every core by itself."""

    slots, where = 2, ""

    def __init__(self, work: Work) -> None:
        self._embedder = work.embedder
        self._divider = Divider(work.chunk, work.embedder, work.parse, room=work.room)
        self._embedding = asyncio.Semaphore(1)

    async def read(self, files: Sequence[tuple[bytes, str]]) -> list[Divided | Unreadable]:
        return await in_thread(self._divider.divide, files)

    async def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        async with self._embedding:
            return await self._embedder.embed(texts, "document")

    async def close(self) -> None:
        await in_thread(self._divider.close)
