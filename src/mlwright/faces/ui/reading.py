"""The text of a document as lines to read: which chunks hold them, where pages begin, and what was cited."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mlwright.faces.ui.words import place, plural
from mlwright.rag import Chunk, Parsed

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
PART = 120_000
"""Characters on one page of the browser; a longer document is shown in parts."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line that the same chunks hold, by their numbers; those that begin here. `first` is the start of
    the cited span."""

    text: str
    chunks: tuple[int, ...]
    begins: tuple[int, ...]
    cited: bool
    first: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the text. `page` is the page that begins with it, `begins` the chunks that begin in it; `whole` are the
    chunks that hold all of it, where no other one holds a part."""

    number: int
    kind: str
    pieces: tuple[Piece, ...]
    page: int | None
    begins: tuple[int, ...]
    whole: tuple[int, ...]
    cited: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One part of a text, characters [start, end); `part` counts from 1, and `parts` is how many there are."""

    lines: tuple[Line, ...]
    part: int
    parts: int
    start: int
    end: int

    @property
    def first(self) -> int:
        """The number of the first line."""
        return self.lines[0].number if self.lines else 1


@dataclass(frozen=True, slots=True)
class ChunkMark:
    """A chunk as the margin names it; `told` says how long it is and what it shares with its neighbours."""

    number: int
    tokens: int
    told: str


def read(parsed: Parsed, chunks: Sequence[Chunk], span: tuple[int, int], *, part: int = 0, at: int = 0) -> Reading:
    """The lines of a part: the one asked for, else the one that holds the span, else the one that holds `at`."""
    bounds = parts_of(parsed.text)
    if not 1 <= part <= len(bounds):
        part = max(1, bisect_right([start for start, _ in bounds], span[0] if span[0] < span[1] else at))
    start, end = bounds[part - 1]
    return Reading(tuple(_lines(parsed, chunks, span, start, end)), part, len(bounds), start, end)


def page_at(parsed: Parsed, offset: int) -> int:
    """The page that holds a character, from 1; 0 where there are no pages."""
    return max(1, bisect_right(parsed.pages, offset)) if parsed.pages else 0


def marks(chunks: Sequence[Chunk]) -> dict[int, ChunkMark]:
    """By number, from 1."""
    found = {}
    for number, chunk in enumerate(chunks, 1):
        told = [f"Chunk {number}", plural(chunk.tokens, "token"), place(chunk.span)]
        shared = [(other, _shared(chunks, number, other)) for other in (number - 1, number + 1)]
        if said := [f"{count:,} with chunk {other}" for other, count in shared if count > 0]:
            told.append(f"shares characters: {' and '.join(said)}")
        if chunk.parent and chunk.parent != (chunk.span.start, chunk.span.end):
            told.append(f"shown to the model with {plural(chunk.parent[1] - chunk.parent[0], 'character')} around it")
        if chunk.context:
            told.append(f"searched with: {chunk.context}")
        found[number] = ChunkMark(number, chunk.tokens, ", ".join(told))
    return found


def _shared(chunks: Sequence[Chunk], one: int, other: int) -> int:
    if not 1 <= other <= len(chunks):
        return 0
    left, right = chunks[one - 1].span, chunks[other - 1].span
    return min(left.end, right.end) - max(left.start, right.start)


def parts_of(text: str) -> list[tuple[int, int]]:
    """Stretches of about `PART` characters that end with a line, or wherever a line is longer than that."""
    bounds, at = [], 0
    while at < len(text):
        end = min(at + PART, len(text))
        broken = text.rfind("\n", at, end) + 1 if end < len(text) else end
        bounds.append((at, broken if broken > at else end))
        at = bounds[-1][1]
    return bounds or [(0, 0)]


def _lines(parsed: Parsed, chunks: Sequence[Chunk], span: tuple[int, int], start: int, end: int) -> Iterator[Line]:
    held = _Held(chunks, span)
    blocks = [block.start for block in parsed.blocks]
    pages = {offset: number for number, offset in enumerate(parsed.pages, 1)}
    page_starts = sorted(pages)
    number, at = parsed.text.count("\n", 0, start) + 1, start
    for words in _LINE.findall(parsed.text[start:end]):
        stop = at + len(words)
        pieces = tuple(held.pieces(words, at))
        begun = page_starts[bisect_right(page_starts, at - 1) : bisect_right(page_starts, stop - 1)]
        alike = {piece.chunks for piece in pieces if piece.text} or {piece.chunks for piece in pieces[:1]}
        yield Line(
            number,
            _kind(parsed, blocks, at, stop),
            pieces,
            pages[begun[-1]] if begun else None,
            tuple(begin for piece in pieces for begin in piece.begins),
            alike.pop() if len(alike) == 1 else (),
            any(piece.cited for piece in pieces),
        )
        number, at = number + words.count("\n"), stop


class _Held:
    """Which chunks hold a character: the text is cut wherever one begins or ends, and at the cited span."""

    def __init__(self, chunks: Sequence[Chunk], span: tuple[int, int]) -> None:
        self._span = span if span[0] < span[1] else (-1, -1)
        self._begins: dict[int, tuple[int, ...]] = {}
        ends: dict[int, list[int]] = {}
        for number, chunk in enumerate(chunks, 1):
            self._begins[chunk.span.start] = (*self._begins.get(chunk.span.start, ()), number)
            ends.setdefault(chunk.span.end, []).append(number)
        self._cuts = sorted({0, *self._begins, *ends, *(cut for cut in self._span if cut > 0)})
        self._holding: list[tuple[int, ...]] = []
        inside: set[int] = set()
        for cut in self._cuts:
            inside |= {*self._begins.get(cut, ())}
            inside -= {*ends.get(cut, ())}
            self._holding.append(tuple(sorted(inside)))

    def pieces(self, words: str, at: int) -> Iterator[Piece]:
        stop = at + len(words)
        inside = self._cuts[bisect_right(self._cuts, at) : bisect_right(self._cuts, stop - 1)]
        start, end = self._span
        for left, right in pairwise([at, *inside, stop]):
            cited = start <= left and right <= end
            text = words[left - at : right - at].rstrip("\r\n")
            holding = self._holding[bisect_right(self._cuts, left) - 1]
            yield Piece(text, holding, self._begins.get(left, ()), cited, cited and left == start)


def _kind(parsed: Parsed, blocks: Sequence[int], at: int, stop: int) -> str:
    """The kind of the block that a line belongs to; a line between blocks is plain."""
    number = bisect_right(blocks, stop - 1) - 1
    block = parsed.blocks[number] if number >= 0 else None
    return block.kind if block is not None and block.end > at else ""
