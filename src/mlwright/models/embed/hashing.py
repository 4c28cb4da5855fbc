"""Words hashed to a vector: no model, no download, no meaning. For drafts and tests."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mlwright.kernel.ids import Ref
from mlwright.kernel.parts import need
from mlwright.models.embed import Embedder, EmbedFacts, EmbedPart, Kind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_TOKENS = 512
_WORD = re.compile(r"\w+|[^\w\s]")


class Config(EmbedPart):
    """Each word sets one dimension, by its hash. Texts are alike where they share words; synonyms, word forms and other
    languages are not. It takes microseconds and is always there; do not measure quality with it."""

    use: Literal["hashing"] = "hashing"
    dims: int = Field(default=256, ge=16, le=4096)
    """Length of a vector."""

    def facts(self) -> EmbedFacts:
        return EmbedFacts(dims=self.dims, max_tokens=MAX_TOKENS, model=f"hashing-{self.dims}", licence="Apache-2.0")

    def build(self) -> Embedder:
        """Raises MissingExtra without numpy."""
        need("numpy", "local")
        return Hashing(self.dims)


class Hashing:
    """An Embedder."""

    max_tokens = MAX_TOKENS

    def __init__(self, dims: int) -> None:
        self.dims = dims
        self.ref = Ref("model", f"hashing@1-{dims}")

    async def embed(self, texts: Sequence[str], kind: Kind = "document") -> "NDArray[np.float32]":
        """Unit vectors, shape (len(texts), dims). A text without a word is the first axis."""
        import numpy as np

        vectors = np.zeros((len(texts), self.dims), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            words = [match[0].lower() for match in _WORD.finditer(text)][:MAX_TOKENS]
            for word, count in Counter(words).items():
                place, sign = _place(word, self.dims)
                vector[place] += sign * count**0.5
            length = float(np.linalg.norm(vector))
            if length:
                vector /= length
            else:
                vector[0] = 1.0
        return vectors

    def token_ends(self, text: str) -> Sequence[int]:
        return [match.end() for match in _WORD.finditer(text)]


@lru_cache(maxsize=65_536)
def _place(word: str, dims: int) -> tuple[int, float]:
    """Dimension and sign of a word: signs make two words of one dimension cancel as often as add."""
    number = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
    return (number >> 1) % dims, 1.0 if number & 1 else -1.0
