"""Fitting: what every chunker asks of the tokenizer, for one document."""

from dataclasses import replace

from mlwright.rag.chunkers import TokenEnds, embedded_text
from mlwright.rag.chunkers._tokens import TokenMap, above, trimmed, verified
from mlwright.rag.types import Cut, Parsed


class Fit:
    """A document whose tokens are counted once. `size` is what a chunk should have, at most the embedder's limit."""

    def __init__(self, document: Parsed, token_ends: TokenEnds, limit: int, size: int) -> None:
        self.text, self.tokens, self.size = document.text, TokenMap(document.text, token_ends), min(size, limit)
        self._document, self._token_ends, self._limit = document, token_ends, limit

    def fits(self, start: int, end: int) -> bool:
        return self.tokens.between(start, end) <= self.size

    def under(self, headings: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
        """The headings as they may be embedded, and the tokens that a chunk below them may have."""
        kept = above(self._document, headings, self._token_ends, self._limit // 3)
        room = self._limit - len(self._token_ends(embedded_text(self._document.title, kept, "")))
        return kept, max(1, min(self.size, room))

    def cuts(self, headings: tuple[str, ...], start: int, end: int, parent: tuple[int, int] | None = None) -> list[Cut]:
        """The stretch as a cut, or as several where it is too long after all."""
        found = verified(self._document, headings, start, end, self._token_ends, self._limit)
        if parent is None:
            return found
        wider = trimmed(self.text, *parent)
        return [replace(cut, parent=None if wider == (cut.start, cut.end) else wider) for cut in found]
