"""The port of a chunker: a parsed document becomes spans that are small enough to embed."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Annotated, Protocol

from mlwright.kernel.parts import Part, Slot
from mlwright.rag.types import Cut, Parsed

TokenEnds = Callable[[str], Sequence[int]]
"""The embedder's tokenizer: the character offset at which each token of a text ends."""


class Chunker(Protocol):
    """Contract: every non-blank character of the text lies in at least one cut; cuts come in order of their start; no
    cut, together with its headings as they are embedded, has more tokens than `limit`; the same input gives the same
    cuts. Neighbours repeat `overlap` of the text, except across a heading."""

    def cut(self, document: Parsed, token_ends: TokenEnds, limit: int) -> list[Cut]: ...


class ChunkerPart(Part):
    tokens: int
    """The size aimed at, in the embedder's tokens."""

    @abstractmethod
    def build(self) -> Chunker: ...


def embedded_text(title: str, headings: Sequence[str], text: str) -> str:
    """What is embedded and searched for a chunk: its headings (or the title), then its text."""
    above = " > ".join(headings) or title
    return f"{above}\n{text}" if above else text


AnyChunker = Annotated[ChunkerPart, Slot("mlwright.rag.chunkers", key="by")]
