"""The embedder as chunkers see it: called from a thread, and counted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlwright.kernel import aio
from mlwright.models import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class CountedVectors:
    """Vectors for a chunker; `asked` is the number of texts that were embedded for it so far."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder, self.asked = embedder, 0

    def __call__(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        self.asked += len(texts)
        return aio.run(self._embedder.embed(texts))
