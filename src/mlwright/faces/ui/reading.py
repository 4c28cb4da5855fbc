"""The text of a document as lines to read: where chunks begin, where pages begin, and what was cited."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mlwright.rag import Chunk, Parsed

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
PART = 120_000
"""Characters on one page of the browser; a longer document is shown in parts."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line. `first` is the start of the cited span, `cut` the number of a chunk that begins here."""

    text: str
    cited: bool
    first: bool
    cut: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the text. `page` is the page that begins with it, `starts` the chunks that begin in it."""

    number: int
    kind: str
    pieces: tuple[Piece, ...]
    page: int | None
    starts: tuple[int, ...]
    cited: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One part of a text; `part` counts from 1, and `parts` is how many there are."""

    lines: tuple[Line, ...]
    part: int
    parts: int


def read(parsed: Parsed, chunks: Sequence[Chunk], span: tuple[int, int], *, part: int = 0) -> Reading:
    """The lines of a part: the one asked for, else the one that holds the span, else the first."""
    bounds = _parts(parsed.text)
    if not 1 <= part <= len(bounds):
        at = span[0] if span[0] < span[1] else 0
        part = max(1, bisect_right([start for start, _ in bounds], at))
    start, end = bounds[part - 1]
    return Reading(tuple(_lines(parsed, chunks, span, start, end)), part, len(bounds))


def _parts(text: str) -> list[tuple[int, int]]:
    """Stretches of about `PART` characters that end with a line, or wherever a line is longer than that."""
    bounds, at = [], 0
    while at < len(text):
        end = min(at + PART, len(text))
        broken = text.rfind("\n", at, end) + 1 if end < len(text) else end
        bounds.append((at, broken if broken > at else end))
        at = bounds[-1][1]
    return bounds or [(0, 0)]


def _lines(parsed: Parsed, chunks: Sequence[Chunk], span: tuple[int, int], start: int, end: int) -> Iterator[Line]:
    starts = {chunk.span.start: number for number, chunk in enumerate(chunks, 1)}
    cuts = sorted({*starts, *(span if span[0] < span[1] else ())})
    blocks = [block.start for block in parsed.blocks]
    pages = {offset: number for number, offset in enumerate(parsed.pages, 1)}
    page_starts = sorted(pages)
    number, at = parsed.text.count("\n", 0, start) + 1, start
    for words in _LINE.findall(parsed.text[start:end]):
        stop = at + len(words)
        pieces = tuple(_pieces(words, at, cuts, starts, span))
        begun = page_starts[bisect_right(page_starts, at - 1) : bisect_right(page_starts, stop - 1)]
        yield Line(
            number,
            _kind(parsed, blocks, at, stop),
            pieces,
            pages[begun[-1]] if begun else None,
            tuple(piece.cut for piece in pieces if piece.cut is not None),
            any(piece.cited for piece in pieces),
        )
        number, at = number + words.count("\n"), stop


def _pieces(words: str, at: int, cuts: Sequence[int], starts: dict[int, int], span: tuple[int, int]) -> Iterator[Piece]:
    stop = at + len(words)
    inside = cuts[bisect_right(cuts, at) : bisect_right(cuts, stop - 1)]
    for left, right in pairwise([at, *inside, stop]):
        cited = span[0] <= left and right <= span[1] and span[0] < span[1]
        yield Piece(words[left - at : right - at].rstrip("\r\n"), cited, cited and left == span[0], starts.get(left))


def _kind(parsed: Parsed, blocks: Sequence[int], at: int, stop: int) -> str:
    """The kind of the block that a line belongs to; a line between blocks is plain."""
    number = bisect_right(blocks, stop - 1) - 1
    block = parsed.blocks[number] if number >= 0 else None
    return block.kind if block is not None and block.end > at else ""
