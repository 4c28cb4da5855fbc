"""Windows of a fixed number of tokens, whatever stands in them: the plain baseline."""

from typing import Literal

from pydantic import Field

from mlwright.kernel.units import Count, Share
from mlwright.rag.chunkers import ChunkerPart, TokenEnds, embedded_text
from mlwright.rag.chunkers._tokens import TokenMap, above, verified
from mlwright.rag.types import Cut, Parsed


class Config(ChunkerPart):
    """Chunks of `tokens` tokens; each repeats the last `overlap` of the one before it. Headings are not looked at."""

    use: Literal["fixed"] = "fixed"
    tokens: Count = Field(default=200, ge=1)
    overlap: Share = Field(default=0.15, le=0.5)
    """The share of a chunk that its neighbour repeats."""

    def build(self) -> "Fixed":
        return Fixed(self.tokens, self.overlap)


class Fixed:
    """Moves a window over the tokens."""

    def __init__(self, tokens: int, overlap: float) -> None:
        self._tokens, self._overlap = tokens, overlap

    def cut(self, document: Parsed, token_ends: TokenEnds, limit: int) -> list[Cut]:
        text, tokens = document.text, TokenMap(document.text, token_ends)
        headings = above(document, (), token_ends, limit // 3)
        room = limit - len(token_ends(embedded_text(document.title, headings, "")))
        size = max(1, min(self._tokens, room))
        step = max(1, size - round(size * self._overlap))
        cuts: list[Cut] = []
        start = 0
        while start < len(text):
            end = tokens.reach(start, size)
            end = len(text) if tokens.at(len(text)) <= tokens.at(start) + size else max(end, start + 1)
            cuts += verified(document, headings, start, end, token_ends, limit)
            if end == len(text):
                break
            start = max(tokens.reach(start, step), start + 1)
        return cuts
