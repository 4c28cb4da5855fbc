"""Windows: what a model is shown of a document around a chunk.

A document within the budget is shown whole. Of a longer one the opening is shown, and one of several stretches that
overlap by half, so that neighbours share a stretch word for word and a provider may cache it.
"""

from mlwright.rag.chunkers import TokenEnds
from mlwright.rag.chunkers._tokens import TokenMap

LEFT_OUT = "\n[…]\n"
_OPENING = 8
"""One token of so many is for the opening of the document: it says what the whole is about."""
_GAP = 8
"""Tokens that the mark of what is left out may take, at most."""
_LINE = 200
"""How far a line break is looked for, or else a space, to begin and end there."""


class Windows:
    """Those of one document, each of at most `budget` tokens."""

    def __init__(self, text: str, token_ends: TokenEnds, budget: int) -> None:
        self._text = text
        self._stretches: list[tuple[int, int]] = []
        if len(text) > budget and (total := len((tokens := TokenMap(text, token_ends)).ends)) > budget:
            self._opening = _line_before(text, 0, tokens.offset(budget // _OPENING))
            size = budget - budget // _OPENING - _GAP
            for first in range(0, max(1, total - size // 2), max(1, size // 2)):
                start, end = tokens.offset(first), tokens.offset(first + size)
                self._stretches.append((_line_after(text, start, end), _line_before(text, start, end)))

    def around(self, start: int, end: int) -> str:
        """What is shown around characters [start, end): the stretch whose middle is nearest."""
        if not self._stretches:
            return self._text
        middle = start + end
        first, last = min(self._stretches, key=lambda one: abs(one[0] + one[1] - middle))
        opening = self._text[: min(self._opening, first)]
        gap = LEFT_OUT if first > self._opening else ""
        return f"{opening}{gap}{self._text[first:last]}"


def _line_after(text: str, start: int, end: int) -> int:
    """Where the next line begins, or else the next word, where one does soon."""
    if start == 0:
        return 0
    places = (text.find(mark, start - 1, min(end, start + _LINE)) for mark in "\n ")
    return next((place + 1 for place in places if place >= 0), start)


def _line_before(text: str, start: int, end: int) -> int:
    """Where the last line ends, or else the last word, where one did lately."""
    if end == len(text):
        return end
    places = (text.rfind(mark, max(start, end - _LINE), end) for mark in "\n ")
    return next((place + 1 for place in places if place >= 0), end)
