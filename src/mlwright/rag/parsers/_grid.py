"""Tables of a PDF: rows whose pieces stand under one another become a table in Markdown."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mlwright.rag.parsers._layout import Line
from mlwright.rag.parsers._sheet import table

_LEAST_ROWS = 3
_LONE = 2
"""So many rows of one piece may stand between rows of several: a cell that wraps, a heading of rows."""
_MARK = re.compile(r"[\[(]?(?:\w{1,3}|[ivxlc]{1,6})[\]).:]\)?|[•◦▪‣·∙●○■□–—*\uf000-\uf0ff-]")
_LEADER = re.compile(r"\u2026|\.{3}")
_LONGEST_CELL = 400
_ALIGNED = 0.008
"""Shares of the width within which a line begins where a cell does: it goes on with that cell."""
_APART = 1.8
"""Rows of a table are no farther apart than so many times their height."""

Row = Sequence[Line]


def read_table(rows: Sequence[Row], at: int) -> tuple[Line, int] | None:
    """The table that begins with a row, as one line, and the row behind it; None where there is none."""
    end = _end(rows, at)
    several = [row for row in rows[at:end] if len(row) > 1]
    if len(several) < _LEAST_ROWS or _is_list(several):
        return None
    columns = _columns(several)
    if len(columns) < 2:
        return None
    cells = _merged([_cells(row, columns) for row in rows[at:end]])
    if not _is_table(cells):
        return None
    pieces = [piece for row in rows[at:end] for piece in row]
    first = pieces[0]
    whole = replace(
        first, text=table(cells), left=min(one.left for one in pieces), right=max(one.right for one in pieces),
        bottom=min(one.bottom for one in pieces), top=max(one.top for one in pieces), hyphen=False, table=True,
    )  # fmt: skip
    return whole, end


def _end(rows: Sequence[Row], at: int) -> int:
    """Behind the last row of several pieces that belongs together with the first one."""
    end, lone = at + 1, 0
    left, right, starts = rows[at][0].left, rows[at][-1].right, [one.left for one in rows[at][1:]]
    for number in range(at + 1, len(rows)):
        row, before = rows[number], rows[number - 1]
        height = max(one.top - one.bottom for one in row)
        below = before[0].bottom - max(one.top for one in row)
        if not -2 * height < below < _APART * height:
            break
        if len(row) > 1 and not _LEADER.search(row[0].text):
            left, right = min(left, row[0].left), max(right, row[-1].right)
            starts += [one.left for one in row[1:]]
            end, lone = number + 1, 0
        elif any(abs(row[0].left - start) < _ALIGNED for start in starts):
            continue
        elif lone < _LONE and row[0].right - row[0].left < 0.6 * (right - left):
            lone += 1
        else:
            break
    return end


def _is_list(rows: Sequence[Row]) -> bool:
    """Bullets or numbers with what they mark."""
    marked = sum(_MARK.fullmatch(row[0].text.strip()) is not None and len(row) == 2 for row in rows)
    return marked > 0.5 * len(rows)


def _columns(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """The stretches of the width that the rows with most pieces fill, and those beside them that others fill."""
    most = max(map(len, rows))
    least = most if sum(len(row) == most for row in rows) > 1 else max(2, 0.6 * most)
    columns = _united((one.left, one.right) for row in rows if len(row) >= least for one in row)
    rest = ((one.left, one.right) for row in rows if len(row) < least for one in row)
    beside = [one for one in rest if all(one[1] <= left or one[0] >= right for left, right in columns)]
    return _united([*columns, *beside])


def _united(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stretches that overlap are one."""
    whole: list[tuple[float, float]] = []
    for left, right in sorted(spans):
        if whole and left < whole[-1][1]:
            whole[-1] = (whole[-1][0], max(right, whole[-1][1]))
        else:
            whole.append((left, right))
    return whole


def _cells(row: Row, columns: Sequence[tuple[float, float]]) -> list[str]:
    """A piece stands in each column that it spans; with a word for each, they share it."""
    cells = [""] * len(columns)
    for piece in row:
        reach = [n for n, (left, right) in enumerate(columns) if piece.left < right and piece.right > left]
        if not reach:
            reach = [min(range(len(columns)), key=lambda n: abs(columns[n][0] - piece.left))]
        words = piece.text.split()
        for number, part in zip(reach, words if len(words) == len(reach) else [piece.text] * len(reach), strict=True):
            cells[number] = f"{cells[number]} {part}".strip()
    return cells


def _merged(rows: Sequence[list[str]]) -> list[list[str]]:
    """Rows without a first cell go on with the row above, unless that makes most rows vanish."""
    whole: list[list[str]] = []
    for row in rows:
        if whole and not row[0] and whole[-1][0] and sum(map(bool, row)) <= max(1, len(row) - 2):
            whole[-1] = [f"{above} {cell}".strip() for above, cell in zip(whole[-1], row, strict=True)]
        else:
            whole.append(row)
    return whole


def _is_table(cells: Sequence[Sequence[str]]) -> bool:
    """Enough rows, most of them with more than one cell, and none as long as a paragraph."""
    filled = [sum(map(bool, row)) for row in cells]
    longest = max(len(cell) for row in cells for cell in row)
    return len(cells) >= 2 and sum(count > 1 for count in filled) >= 0.6 * len(cells) and longest <= _LONGEST_CELL
