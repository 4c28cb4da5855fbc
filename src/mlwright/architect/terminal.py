"""A graph as text: boxes and arrows of Unicode characters where they fit, else a list."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import inf

from mlwright.architect.graph import Graph, Node
from mlwright.architect.layout import Band, Box, Layout, Measure, laid_out

CELLS = Measure(
    box=24, head=2, line=1, foot=1, frame=1, inset=1, port=1, track=2, lane_title=10, pad=1, gap=1, between=0,
    margin=0, stub=1, tail=4, apart=3, corridor=1, letter=1, whole=True,
)  # fmt: skip
LETTERS = 24
"""The widest text of a box; longer ones are cut."""
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_CORNERS = {
    _UP | _DOWN: "│", _LEFT | _RIGHT: "─", _DOWN | _RIGHT: "┌", _DOWN | _LEFT: "┐", _UP | _RIGHT: "└", _UP | _LEFT: "┘",
    _UP | _DOWN | _RIGHT: "├", _UP | _DOWN | _LEFT: "┤", _DOWN | _LEFT | _RIGHT: "┬", _UP | _LEFT | _RIGHT: "┴",
    _UP | _DOWN | _LEFT | _RIGHT: "┼", _UP: "│", _DOWN: "│", _LEFT: "─", _RIGHT: "─",
}  # fmt: skip
_DASHED = {"─": "╌", "│": "╎"}


def to_text(graph: Graph, width: int | None = None) -> str:
    """The drawing, where it fits into `width` columns (always where None), if need be with nothing but titles in its
    boxes; else the boxes as a list, lane by lane, with the arrows in words."""
    graph = graph.used
    titles = replace(graph, nodes=tuple(replace(node, lines=()) for node in graph.nodes))
    fitting = (one for one in map(_drawing, (graph, titles)) if max(map(columns, one), default=0) <= (width or inf))
    return "\n".join([plain(graph.title), "", *next(fitting, _list(graph)), ""])


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(map(_columns_of, text))


def _columns_of(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _drawing(graph: Graph) -> list[str]:
    words = [columns(word) for lane in graph.lanes for word in lane.title.split()]
    measure = replace(CELLS, lane_title=max(words, default=0) + 1)
    return _Page(laid_out(graph, measure, lambda node: max(map(columns, _texts(node))) + 4)).lines()


class _Page:
    """The characters of a drawing, by row and column."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._sides: dict[tuple[int, int], int] = {}
        self._full: set[tuple[int, int]] = set()
        self._letters: dict[tuple[int, int], str] = {}

    def lines(self) -> list[str]:
        for arrow in self._layout.arrows:
            points = [(int(y), int(x)) for x, y in arrow.points]
            points[-1] = (points[-1][0], points[-1][1] - 1)
            for start, end in pairwise(points):
                self._line(start, end, dashed=arrow.edge.dashed)
        for arrow in self._layout.arrows:
            row, column = int(arrow.points[-1][1]), int(arrow.points[-1][0]) - 1
            self._write(row, column, "▶")
            if arrow.edge.label:
                self._write(row, column - columns(arrow.edge.label) - 2, f" {plain(arrow.edge.label)} ")
        for band in self._layout.bands:
            self._band(band)
        for box in self._layout.boxes.values():
            self._box(box)
        return list(self._rows())

    def _line(self, start: tuple[int, int], end: tuple[int, int], *, dashed: bool) -> None:
        (row, column), (last_row, last_column) = start, end
        down, right = _sign(last_row - row), _sign(last_column - column)
        while True:
            at, there = (row, column), (row, column) == end
            if not there:
                self._sides[at] = self._sides.get(at, 0) | _side(down, right)
            if at != start:
                self._sides[at] = self._sides.get(at, 0) | _side(-down, -right)
            if not dashed:
                self._full.add(at)
            if there:
                return
            row, column = row + down, column + right

    def _band(self, band: Band) -> None:
        words = band.title.split()
        top = int(band.y + (band.height - len(words)) / 2)
        for number, word in enumerate(words):
            self._write(top + number, 0, plain(word))

    def _box(self, box: Box) -> None:
        top, left, height, width = int(box.y), int(box.x), int(box.height), int(box.width)
        leaving = {int(arrow.points[0][1]) for arrow in self._layout.arrows if arrow.edge.source == box.node.id}
        line = "━" if box.node.strong else "─"
        self._write(top, left, f"┌{line * (width - 2)}┐")
        self._write(top + height - 1, left, f"└{line * (width - 2)}┘")
        texts = _texts(box.node)
        first = top + 1 + max(0, height - 2 - len(texts)) // 2
        for row in range(top + 1, top + height - 1):
            number = row - first
            text = texts[number] if 0 <= number < len(texts) else ""
            room = " " * (width - 4 - columns(text))
            self._write(row, left, f"│ {text}{room} {'├' if row in leaving else '│'}")

    def _write(self, row: int, column: int, text: str) -> None:
        for letter in text:
            wide = _columns_of(letter)
            if not wide:
                self._letters[row, column - 1] = self._letters.get((row, column - 1), " ") + letter
                continue
            self._letters[row, column] = letter
            if wide == 2:
                self._letters[row, column + 1] = ""
            column += wide

    def _rows(self) -> Iterator[str]:
        at = {**{place: self._drawn(place) for place in self._sides}, **self._letters}
        for row in range(max((row for row, _ in at), default=-1) + 1):
            last = max((column for there, column in at if there == row), default=-1)
            yield "".join(at.get((row, column), " ") for column in range(last + 1)).rstrip()

    def _drawn(self, place: tuple[int, int]) -> str:
        letter = _CORNERS[self._sides[place]]
        return letter if place in self._full else _DASHED.get(letter, letter)


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def _side(down: int, right: int) -> int:
    return {(-1, 0): _UP, (1, 0): _DOWN, (0, -1): _LEFT, (0, 1): _RIGHT, (0, 0): 0}[down, right]


def _texts(node: Node) -> list[str]:
    return [_cut(plain(text)) for text in (node.title, *node.lines)]


def plain(text: str) -> str:
    """One line without what would move the cursor."""
    return "".join(letter for letter in " ".join(text.split()) if unicodedata.category(letter) != "Cc")


def _cut(text: str) -> str:
    if columns(text) <= LETTERS:
        return text
    kept = list[str]()
    for letter in text:
        if sum(map(_columns_of, kept)) + _columns_of(letter) > LETTERS - 1:
            break
        kept.append(letter)
    return f"{''.join(kept)}…"


def _list(graph: Graph) -> Iterator[str]:
    names = {node.id: plain(node.title) for node in graph.nodes}
    for lane in graph.lanes:
        yield plain(lane.title)
        for node in graph.nodes:
            if node.lane == lane.id:
                yield f"  {' · '.join(plain(text) for text in (node.title, *node.lines))}"
                for edge in graph.edges:
                    if edge.source == node.id:
                        label = f" ({plain(edge.label)})" if edge.label else ""
                        yield f"    {'╌' if edge.dashed else '─'}▶ {names[edge.target]}{label}"
