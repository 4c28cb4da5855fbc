"""Reading order: lines that a PDF draws across columns are put one column after the other, and tables are found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from mlwright.rag.parsers._grid import read_table
from mlwright.rag.parsers._layout import Line

_ROWS, _LETTERS = 5, 18
"""Columns of prose have at least so many rows side by side, and so many letters a line on average."""
_MOST_COLUMNS = 4
_RARE, _EARLY = 0.25, 4
"""A gap that fewer rows than this share have on both sides is only a wide space; and so is one that a line crosses
before so many rows had it."""


def in_columns(lines: Sequence[Line]) -> list[Line]:
    """The lines of one page in reading order. A table becomes one line that holds it as Markdown; the pieces of any
    other row become one line."""
    rows = list(_rows(lines))
    ordered: list[Line] = []
    at = 0
    while at < len(rows):
        if len(rows[at]) == 1:
            ordered += rows[at]
            at += 1
            continue
        columns, end = _prose(rows, at)
        if columns is None and (found := read_table(rows, at)) is not None:
            columns, end = ([found[0]],), found[1]
        if columns is None:
            columns, end = ([_joined(rows[at])],), at + 1
        for column in columns:
            ordered += column
        at = end
    return ordered


def _rows(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Neighbours that stand on one baseline, left to right."""
    row: list[Line] = []
    for line in lines:
        height = line.top - line.bottom
        if row and not (abs(line.bottom - row[-1].bottom) < 0.3 * height and line.left > row[-1].right):
            yield row
            row = []
        row.append(line)
    if row:
        yield row


def _prose(rows: Sequence[Sequence[Line]], at: int) -> tuple[Sequence[Sequence[Line]] | None, int]:
    """The columns of prose that begin with a row, left to right, and the row behind them; None where there are none."""
    if not 1 < len(rows[at]) <= _MOST_COLUMNS:
        return None, at
    run, end = _Run([(left.right, right.left) for left, right in zip(rows[at], rows[at][1:], strict=False)]), at
    while end < len(rows) and run.take(rows[end]):
        end += 1
    columns = run.columns()
    return (columns, end) if columns else (None, at)


@dataclass(slots=True)
class _Run:
    """Rows that leave the same stretches of the page's width free."""

    gaps: list[tuple[float, float]]
    rows: list[Sequence[Line]] = field(default_factory=list)

    def take(self, row: Sequence[Line]) -> bool:
        """Add a row, unless it leaves no gap free, or crosses one that is surely one between columns."""
        gaps: list[tuple[float, float]] = []
        for gap in self.gaps:
            left: tuple[float, float] | None = gap
            for piece in row:
                left = left and self._beside(piece, left)
            if left is not None:
                gaps.append(left)
            elif len(self.rows) >= _EARLY and self._pairs(gap) >= _RARE * len(self.rows):
                return False
        if not gaps:
            return False
        self.gaps = gaps
        self.rows.append(row)
        return True

    def _beside(self, piece: Line, gap: tuple[float, float]) -> tuple[float, float] | None:
        """What a line leaves of a gap; None where it crosses it."""
        low, high = gap
        if piece.right < high and piece.left <= low:
            return (max(low, piece.right), high)
        if piece.left > low and piece.right >= high:
            return (low, min(high, piece.left))
        return None

    def columns(self) -> list[list[Line]] | None:
        """The lines by column; None where this is no prose."""
        gaps = [gap for gap in self.gaps if self._pairs(gap) >= max(_ROWS, _RARE * len(self.rows))]
        if not gaps:
            return None
        columns: list[list[Line]] = [[] for _ in range(len(gaps) + 1)]
        for row in self.rows:
            parts: list[list[Line]] = [[] for _ in columns]
            for piece in row:
                parts[sum(piece.left > low for low, _ in gaps)].append(piece)
            for column, part in zip(columns, parts, strict=True):
                column += [_joined(part)] if part else []
        prose = all(sum(len(line.text) for line in column) >= _LETTERS * len(column) for column in columns)
        return columns if prose else None

    def _pairs(self, gap: tuple[float, float]) -> int:
        low, high = gap
        return sum(any(one.right <= high for one in row) and any(one.left >= low for one in row) for row in self.rows)


def _joined(row: Sequence[Line]) -> Line:
    if len(row) == 1:
        return row[0]
    longest = max(row, key=lambda line: len(line.text))
    text = " ".join(line.text for line in row)
    return replace(longest, text=text, left=row[0].left, right=row[-1].right, hyphen=row[-1].hyphen)
