"""The port of a chunker: a parsed document becomes spans that are small enough to embed."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Protocol

from mlwright.kernel.parts import Facts, Part, Slot
from mlwright.rag.types import Chunk, Cut, Parsed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TokenEnds = Callable[[str], Sequence[int]]
"""The embedder's tokenizer: the character offset at which each token of a text ends."""

Vectors = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""The embedder, for chunkers that look at meaning: texts to unit vectors, one row for each. Whoever gives it counts
what is asked of it."""


class ChunkFacts(Facts):
    """What a plan must know of a chunker."""

    shown: int
    """Tokens that the model is shown for a chunk that was found: those of its parent, where it has one."""
    vectors_of_sentences: bool = False
    """Asks the embedder for a vector of every sentence, so that all documents are embedded twice."""


class Chunker(Protocol):
    """Contract: every non-blank character of the text lies in at least one cut; cuts come in order of their start; no
    cut, together with its headings as they are embedded, has more tokens than `limit`; the same input gives the same
    cuts; a cut lies inside its parent, where it has one. Neighbours repeat `overlap` of the text, except across a
    heading."""

    def cut(self, document: Parsed, token_ends: TokenEnds, limit: int) -> list[Cut]: ...


class ChunkerPart(Part):
    tokens: int
    """The size aimed at, in the embedder's tokens."""

    def facts(self) -> ChunkFacts:
        return ChunkFacts(shown=self.tokens)

    @abstractmethod
    def build(self) -> Chunker: ...

    def build_with(self, vectors: Vectors) -> Chunker:
        """As `build`; a chunker that looks at meaning takes the embedder here."""
        return self.build()


def embedded_text(title: str, headings: Sequence[str], text: str, context: str = "") -> str:
    """What is embedded and searched for a chunk: its headings (or the title), its context, then its text."""
    above = (" > ".join(headings) or title, context)
    return "\n".join((*(line for line in above if line), text))


def embedded_of(chunk: Chunk) -> str:
    """The same for a chunk as it was cut, with its context."""
    return embedded_text(chunk.title, chunk.headings, chunk.text, chunk.context)


AnyChunker = Annotated[ChunkerPart, Slot("mlwright.rag.chunkers", key="by")]
