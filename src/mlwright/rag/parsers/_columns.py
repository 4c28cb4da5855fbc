"""Reading order: lines that a PDF draws across two columns are put one column after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mlwright.rag.parsers._layout import Line

_ROWS, _LETTERS = 5, 20
"""Two columns of prose have at least so many rows, and so many letters a line on average; else it is a table."""


def in_columns(lines: Sequence[Line]) -> list[Line]:
    """The lines of one page in reading order. The pieces of a row that is no pair of columns become one line."""
    rows = list(_rows(lines))
    ordered: list[Line] = []
    at = 0
    while at < len(rows):
        run = _Run.start(rows[at])
        end = at + 1
        while run is not None and end < len(rows) and (longer := run.with_row(rows[end])) is not None:
            run, end = longer, end + 1
        if run is not None and run.is_prose():
            ordered += [*run.left, *run.right]
            at = end
        else:
            ordered.append(_joined(rows[at]))
            at += 1
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


@dataclass(frozen=True, slots=True)
class _Run:
    """Rows that leave the stretch from `low` to `high` of the page's width free."""

    low: float
    high: float
    left: tuple[Line, ...]
    right: tuple[Line, ...]
    pairs: int

    @staticmethod
    def start(row: Sequence[Line]) -> "_Run | None":
        if len(row) != 2:
            return None
        return _Run(row[0].right, row[1].left, (row[0],), (row[1],), 1)

    def with_row(self, row: Sequence[Line]) -> "_Run | None":
        left = [line for line in row if line.right < self.high]
        right = [line for line in row if line.left > self.low and line.right >= self.high]
        low = max([self.low, *(line.right for line in left)])
        high = min([self.high, *(line.left for line in right)])
        if len(left) > 1 or len(right) > 1 or len(left) + len(right) < len(row) or low >= high:
            return None
        pairs = self.pairs + (len(row) == 2)
        return _Run(low, high, (*self.left, *left), (*self.right, *right), pairs)

    def is_prose(self) -> bool:
        return self.pairs >= _ROWS and all(
            sum(len(line.text) for line in side) >= _LETTERS * len(side) for side in (self.left, self.right)
        )


def _joined(row: Sequence[Line]) -> Line:
    if len(row) == 1:
        return row[0]
    longest = max(row, key=lambda line: len(line.text))
    text = " ".join(line.text for line in row)
    return replace(longest, text=text, left=row[0].left, right=row[-1].right, hyphen=row[-1].hyphen)
