"""Units: the sentences of a stretch, with code and tables as one unit each where they fit."""

from mlwright.rag.chunkers._parts import Parts
from mlwright.rag.chunkers._seams import Seam, Seams
from mlwright.rag.chunkers._tokens import TokenMap

_WINDOW = 1 << 14


def units(tokens: TokenMap, seams: Seams, start: int, end: int, *, least: int, most: int) -> list[tuple[int, int]]:
    """The sentences of characters [start, end), in order and without gaps. One of fewer than `least` tokens goes with
    the next one, a longer one than `most` is divided."""
    ends = [*_ends(seams, start, end), end]
    found: list[tuple[int, int]] = []
    for last in ends:
        if last < end and tokens.between(start, last) < least:
            continue
        if tokens.between(start, last) > most:
            found += Parts(tokens, seams, most, 0.0).of(start, last)
        elif last > start:
            found.append((start, last))
        start = last
    return found


def _ends(seams: Seams, start: int, end: int) -> list[int]:
    """A few kilobytes at a time, so that a long stretch needs little memory."""
    steps = range(start, end, _WINDOW)
    return [
        offset
        for step in steps
        for offset, seam in seams.between(step, min(step + _WINDOW, end))
        if seam <= Seam.SENTENCE and offset < end
    ]
