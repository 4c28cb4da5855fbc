"""From lines on pages to text and blocks: what repeats goes, lines become paragraphs, large type becomes headings."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mlwright.rag.types import Block, BlockKind


@dataclass(slots=True)
class Line:
    """One line of type. Places are shares of the page, from its left and bottom edge; `size` is in points.

    Not frozen, as frozen ones take three times as long to make, and a file has thousands; nothing changes them."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool = False
    mono: bool = False
    hyphen: bool = False
    table: bool = False
    """`text` is a whole table in Markdown."""


_EDGE = 0.1
_MANY_BOLD = 4
_NUMBER = "#"
_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")
_BULLET = re.compile(r"(?:[•◦▪‣·∙●○■□–—*-]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+\S")
_ENDS = re.compile(r"[.!?:;。！？][\"'”’)\]]*$")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def write(pages: Sequence[Sequence[Line]]) -> tuple[str, tuple[Block, ...], tuple[int, ...]]:
    """The text, its blocks, and the offset at which each page starts."""
    writer = _Writer([line for page in pages for line in page])
    for page in pages:
        writer.page(page)
    return writer.done()


def without_repeated(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Drop running headers and footers: outer lines that return, digits aside, on many pages, and page numbers.

    A page of nothing else keeps its words."""
    if len(pages) == 1:
        return [list(pages[0])]
    edges = [_edges(page) for page in pages]
    seen = Counter(shape for edge in edges for shape in set(edge.values()))
    least = {_NUMBER: 2}
    common = max(3, min(len(pages) // 5, 6))
    kept = []
    for page, edge in zip(pages, edges, strict=True):
        dropped = {index for index, shape in edge.items() if seen[shape] >= least.get(shape[0], common)}
        left = [line for index, line in enumerate(page) if index not in dropped]
        kept.append(left or [line for line in page if _LETTERS.search(line.text)])
    return kept


def _edges(page: Sequence[Line]) -> dict[int, tuple[str, bool]]:
    """The lines near an edge of the page, and its outermost ones, as their shape and whether that is below."""
    if not page:
        return {}
    bottoms = [line.bottom for line in page]
    last = len(page) - 1
    outer = {bottoms.index(min(bottoms)), last - bottoms[::-1].index(max(bottoms))}
    return {
        index: (_DIGITS.sub("#", line.text.lower()), line.bottom < 0.5)
        for index, line in enumerate(page)
        if index in outer or line.top > 1 - _EDGE or line.bottom < _EDGE
    }


def _body_size(lines: Sequence[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _levels(lines: Sequence[Line], body: float) -> dict[float, int]:
    """The heading level of each size of type that is clearly above the body's, the largest first."""
    sizes = sorted({line.size for line in lines if line.size > body * 1.1 and _LETTERS.search(line.text)}, reverse=True)
    steps: list[float] = []
    for size in sizes:
        if not steps or size < steps[-1] * 0.93:
            steps.append(size)
    extra = max(0, len(steps) - 5)  # the huge type of a cover shares the first level
    return {size: max(1, sum(1 for step in steps if step >= size * 0.999) - extra) for size in sizes}


def _bold_in_a_row(lines: Sequence[Line], at: int) -> int:
    """How many lines of bold type of one size follow one another around a line: many are emphasis, not headings."""
    same = [line.bold and line.size == lines[at].size for line in lines[max(0, at - _MANY_BOLD) : at + _MANY_BOLD]]
    here, count = min(at, _MANY_BOLD), 0
    for step in (1, -1):
        place = here if step == 1 else here - 1
        while 0 <= place < len(same) and same[place]:
            count, place = count + 1, place + step
    return count


class _Writer:
    """Takes lines in reading order and joins them."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._body = _body_size(lines)
        self._levels = _levels(lines, self._body)
        self._parts: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._starts: list[int] = []
        self._page: Sequence[Line] = ()
        self._before: Line | None = None
        self._same_page = False
        self._kind: BlockKind = "paragraph"
        self._level = self._start = 0
        """Of the block that is being written."""

    @cached_property
    def _words(self) -> Counter[str]:
        return Counter(map(str.lower, _WORD.findall("\n".join(line.text for line in self._lines))))

    def page(self, lines: Sequence[Line]) -> None:
        self._page, self._same_page = lines, False
        for position, line in enumerate(lines):
            self._add(line, *self._seen_as(line, position))
            if position == 0:
                self._starts.append(self._length - len(line.text))
            self._before, self._same_page = line, True
        if not lines:
            self._starts.append(self._length)

    def done(self) -> tuple[str, tuple[Block, ...], tuple[int, ...]]:
        self._end_block()
        return "".join(self._parts), tuple(self._blocks), tuple(min(start, self._length) for start in self._starts)

    def _add(self, line: Line, kind: BlockKind, level: int) -> None:
        before = self._before
        if before is not None and self._continues(before, line, kind, level):
            self._join(before, line, kind)
            return
        self._end_block()
        self._push("\n\n" if self._blocks else "")
        self._kind, self._level, self._start = kind, level, self._length
        self._push(line.text)

    def _end_block(self) -> None:
        if self._before is not None:
            self._blocks.append(Block(self._kind, self._start, self._length, self._level))

    def _seen_as(self, line: Line, position: int) -> tuple[BlockKind, int]:
        """The kind of block that a line would be by itself, and its level."""
        if line.table:
            return "table", 0
        if line.mono and line.size <= self._body:
            return "code", 0
        if line.size in self._levels and len(line.text) < 200:
            return "heading", self._levels[line.size]
        if (
            line.bold
            and line.size >= self._body * 0.95
            and len(line.text) < 100
            and not line.hyphen
            and not _ENDS.search(line.text)
            and _bold_in_a_row(self._page, position) < _MANY_BOLD
        ):
            return "heading", min(6, max(self._levels.values(), default=0) + 1)
        return ("item" if _BULLET.match(line.text) else "paragraph"), 0

    def _continues(self, before: Line, line: Line, kind: BlockKind, level: int) -> bool:
        if line.table or before.table:
            return False
        if before.hyphen:
            return True
        if kind == "heading" or self._kind == "heading":
            same = kind == self._kind and level == self._level
            return same and self._near(before, line) and line.size > self._body
        if kind in ("item", "code") or self._kind == "code":
            return kind == "code" == self._kind and self._near(before, line)
        if abs(line.size - before.size) > 0.15 * before.size:
            return False
        if not self._near(before, line):  # another column or page: the sentence goes on, or it does not
            return not _ENDS.search(before.text) and line.text[:1].islower()
        indented, short = line.left - before.left > 0.015, before.right < line.right - 0.12
        return not ((indented or short) and _ENDS.search(before.text))

    def _near(self, before: Line, line: Line) -> bool:
        """Right below, by no more than the usual distance of lines."""
        height = before.top - before.bottom
        return self._same_page and -0.5 * height < before.bottom - line.top + height < 1.75 * height

    def _join(self, before: Line, line: Line, kind: BlockKind) -> None:
        if before.hyphen:
            self._push(self._hyphen(before.text, line.text) + line.text)
        else:
            self._push(("\n" if kind == "code" else " ") + line.text)

    def _hyphen(self, left: str, right: str) -> str:
        """A hyphen at the end of a line belongs to the word, or only to the line: other places in the text tell."""
        first, second = re.search(r"[\w-]*$", left), re.match(r"[\w-]*", right)
        head, tail = (first[0] if first else "").lower(), (second[0] if second else "").lower()
        if not tail or not right[0].islower() or head[-1:].isdigit():
            return "-"
        return "-" if self._words[f"{head}-{tail}"] > self._words[head + tail] else ""

    def _push(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
