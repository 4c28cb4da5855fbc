"""Where everything stands: boxes in lanes and columns, arrows in the gutters between them, so that none crosses a box.

Columns are ranks (arrows lead right), lanes are bands from top to bottom. Between two columns runs a gutter in which
every arrow has a track of its own; above the boxes of each lane runs a corridor for arrows that pass whole columns.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import floor

from mlwright.architect.graph import Edge, Graph, Node, ranks


@dataclass(frozen=True, slots=True)
class Measure:
    """Sizes in the unit of a drawing. A box has a `head`, a `line` for each text, and a `foot`; arrows have `track`s of
    their own in the gutters, and leave their box `port` apart, `inset` from its corners (`frame` is what its border
    takes of that). The band of a lane begins after `lane_title` and has `pad` around its boxes, which stand `gap`
    apart; lanes stand `between` apart. A gutter has a `stub` beside its tracks and a `tail` around labels, whose
    letters are `letter` wide; one without arrows is `apart` wide. Arrows along a lane run `corridor` below its edge."""

    box: int
    head: int
    line: int
    foot: int
    frame: int
    inset: int
    port: int
    track: int
    lane_title: int
    pad: int
    gap: int
    between: int
    margin: int
    stub: int
    tail: int
    apart: int
    corridor: int
    letter: float
    whole: bool = False
    """Whether everything stands at whole numbers."""


PIXELS = Measure(
    box=184, head=26, line=15, foot=8, frame=0, inset=8, port=15, track=9, lane_title=92, pad=14, gap=14, between=8,
    margin=12, stub=16, tail=14, apart=28, corridor=10, letter=5.6,
)  # fmt: skip
BOX = PIXELS.box

Point = tuple[float, float]


@dataclass(slots=True)
class Box:
    """A placed box; `x`, `y` is its upper left corner."""

    node: Node
    column: int
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class Band:
    """A placed lane."""

    title: str
    number: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """A placed arrow: corners of its line, the last one at the box that it leads to."""

    edge: Edge
    points: tuple[Point, ...]


@dataclass(slots=True)
class Layout:
    width: float = 0.0
    height: float = 0.0
    boxes: dict[str, Box] = field(default_factory=dict)
    bands: list[Band] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)


def laid_out(graph: Graph, measure: Measure = PIXELS, wide: Callable[[Node], int] | None = None) -> Layout:
    """Place everything. Time grows with boxes and arrows, not faster. `wide` says what a box needs, where columns need
    not be equally wide."""
    return _Placing(graph, measure, wide or (lambda node: measure.box)).placed()


class _Placing:
    """The steps of one layout, in order; each reads what the one before has set."""

    def __init__(self, graph: Graph, measure: Measure, wide: Callable[[Node], int]) -> None:
        self.graph, self.measure, self.wide = graph, measure, wide
        known = {node.id for node in graph.nodes}
        self.edges = [e for e in graph.edges if e.source in known and e.target in known and e.source != e.target]
        column = ranks(graph.nodes, self.edges)
        self.columns = sorted(set(column.values()))
        place = {number: index for index, number in enumerate(self.columns)}
        self.boxes = {node.id: Box(node, place[column[node.id]]) for node in graph.nodes}
        self.lane_of = {lane.id: number for number, lane in enumerate(graph.lanes)}
        self.corridor: dict[int, list[Edge]] = {number: [] for number in range(len(graph.lanes))}
        self.gutter: dict[int, list[Edge]] = {number: [] for number in range(-1, len(self.columns))}

    def placed(self) -> Layout:
        self._heights()
        self._assign()
        bands, height = self._rows()
        width = self._across()
        arrows = self._arrows(bands)
        return Layout(width, height, self.boxes, bands, arrows)

    def _column(self, name: str) -> int:
        return self.boxes[name].column

    def _lane(self, name: str) -> int:
        return self.lane_of[self.boxes[name].node.lane]

    def _heights(self) -> None:
        """Tall enough for the text, and for one port per arrow on the fuller side."""
        size = self.measure
        out: dict[str, int] = dict.fromkeys(self.boxes, 0)
        into: dict[str, int] = dict.fromkeys(self.boxes, 0)
        for edge in self.edges:
            out[edge.source] += 1
            into[edge.target] += 1
        for name, box in self.boxes.items():
            text = size.head + size.line * len(box.node.lines) + size.foot
            box.height = max(text, size.port * (max(out[name], into[name]) + 1) + size.frame)

    def _gutters_of(self, edge: Edge) -> tuple[int, int]:
        """The gutter where an arrow starts and the one where it ends (gutter n lies right of column n)."""
        return self._column(edge.source), self._column(edge.target) - 1

    def _assign(self) -> None:
        for edge in self.edges:
            first, last = self._gutters_of(edge)
            self.gutter[first].append(edge)
            if first != last:
                self.gutter[last].append(edge)
                self.corridor[self._lane(edge.target)].append(edge)

    def _rows(self) -> tuple[list[Band], float]:
        """Heights of lanes, and the upper edge of every box: in each cell the boxes stand in the order given."""
        size = self.measure
        bands: list[Band] = []
        y = float(size.margin)
        for number, lane in enumerate(self.graph.lanes):
            inside = [box for box in self.boxes.values() if box.node.lane == lane.id]
            if not inside:
                bands.append(Band(lane.title, number, y, 0.0))
                continue
            corridor = size.track * len(self.corridor[number])
            cells: dict[int, list[Box]] = {}
            for box in inside:
                cells.setdefault(box.column, []).append(box)
            tallest = max(sum(b.height for b in cell) + size.gap * (len(cell) - 1) for cell in cells.values())
            for cell in cells.values():
                taken = sum(b.height for b in cell) + size.gap * (len(cell) - 1)
                top = y + size.pad + corridor + self._middled(tallest - taken)
                for box in cell:
                    box.y = top
                    top += box.height + size.gap
            height = size.pad + corridor + tallest + size.pad
            bands.append(Band(lane.title, number, y, height))
            y += height + size.between
        return bands, y - size.between + size.margin

    def _across(self) -> float:
        """The left edge of every column: gutters are as wide as their tracks and labels ask for."""
        size = self.measure
        x = float(size.margin + size.lane_title + size.stub + self._room(-1))
        self.left: list[float] = []
        self.right: list[float] = []
        for column in range(len(self.columns)):
            wide = max(self.wide(box.node) for box in self.boxes.values() if box.column == column)
            self.left.append(x)
            self.right.append(x + wide)
            x += wide + (self._room(column) if column + 1 < len(self.columns) else 0)
        for box in self.boxes.values():
            box.x, box.width = self.left[box.column], self.right[box.column] - self.left[box.column]
        spare = self._room(len(self.columns) - 1) if self.gutter[len(self.columns) - 1] else 0
        return x + spare + size.pad + size.margin

    def _room(self, gutter: int) -> float:
        size, edges = self.measure, self.gutter[gutter]
        if not edges:
            return 0.0 if gutter == -1 else float(size.apart)
        ends_here = [edge for edge in edges if self._gutters_of(edge)[1] == gutter]
        label = max((len(edge.label) for edge in ends_here), default=0) * size.letter
        return size.stub + size.track * len(edges) + max(size.stub, label + size.tail)

    def _arrows(self, bands: Sequence[Band]) -> list[Arrow]:
        size = self.measure
        starts, ends = self._ports()
        tracks = self._tracks(starts, ends)
        arrows = []
        for edge in self.edges:
            first, last = self._gutters_of(edge)
            start, end = starts[edge], ends[edge]
            x1 = tracks[first, edge]
            if first == last:
                points = [start, (x1, start[1]), (x1, end[1]), end]
            else:
                lane = self._lane(edge.target)
                y = bands[lane].y + size.corridor + size.track * self.corridor[lane].index(edge)
                x2 = tracks[last, edge]
                points = [start, (x1, start[1]), (x1, y), (x2, y), (x2, end[1]), end]
            arrows.append(Arrow(edge, _straightened(points)))
        return arrows

    def _ports(self) -> tuple[dict[Edge, Point], dict[Edge, Point]]:
        """Where arrows leave (right side) and enter (left side), in the order of where they come from or go to."""
        starts: dict[Edge, Point] = {}
        ends: dict[Edge, Point] = {}
        for name, box in self.boxes.items():
            out = sorted((e for e in self.edges if e.source == name), key=lambda e: self._middle(e.target))
            into = sorted((e for e in self.edges if e.target == name), key=lambda e: self._middle(e.source))
            for many, x, found in ((out, box.x + box.width, starts), (into, box.x, ends)):
                for number, edge in enumerate(many, start=1):
                    found[edge] = (x, self._at_port(box, number / (len(many) + 1)))
        for edge in self.edges:
            self._align(edge, starts, ends)
        return starts, ends

    def _align(self, edge: Edge, starts: dict[Edge, Point], ends: dict[Edge, Point]) -> None:
        """A lone arrow between neighbours runs straight where the boxes stand side by side."""
        if self._gutters_of(edge)[0] != self._gutters_of(edge)[1]:
            return
        for name, mine, other in ((edge.target, ends, starts), (edge.source, starts, ends)):
            box, (x, _), y = self.boxes[name], mine[edge], other[edge][1]
            alone = sum(1 for one in mine if self._at(one, mine is ends) == name) == 1
            if alone and box.y + self.measure.inset <= y < box.y + box.height - self.measure.inset:
                mine[edge] = (x, y)
                return

    def _at_port(self, box: Box, share: float) -> float:
        y = box.y + box.height * share
        return float(floor(y)) if self.measure.whole else round(y, 1)

    def _middled(self, spare: float) -> float:
        return float(spare // 2) if self.measure.whole else spare / 2

    @staticmethod
    def _at(edge: Edge, entering: bool) -> str:
        return edge.target if entering else edge.source

    def _middle(self, name: str) -> float:
        return self.boxes[name].y + self.boxes[name].height / 2

    def _tracks(self, starts: Mapping[Edge, Point], ends: Mapping[Edge, Point]) -> dict[tuple[int, Edge], float]:
        """A track for each arrow in each gutter. Of those that go down the upper one turns last, of those that go up
        the upper one turns first: so arrows that run beside each other do not cross."""
        tracks: dict[tuple[int, Edge], float] = {}
        size = self.measure
        for gutter, edges in self.gutter.items():
            right = self.left[0] - self._room(-1) if gutter == -1 else self.right[gutter]
            for number, edge in enumerate(sorted(edges, key=lambda e: self._turn(e, starts, ends))):
                tracks[gutter, edge] = right + size.stub + size.track * number
        return tracks

    @staticmethod
    def _turn(edge: Edge, starts: Mapping[Edge, Point], ends: Mapping[Edge, Point]) -> tuple[bool, float]:
        down = ends[edge][1] > starts[edge][1]
        return (down, -starts[edge][1] if down else starts[edge][1])


def _straightened(points: Sequence[Point]) -> tuple[Point, ...]:
    """The same line without corners that are none; ends that differ by a hair are joined by a straight line."""
    kept = [points[0]]
    for before, point in pairwise(points):
        if point != before:
            kept.append(point)
    corners = [
        point
        for number, point in enumerate(kept)
        if number in (0, len(kept) - 1)
        or (
            not (kept[number - 1][0] == point[0] == kept[number + 1][0])
            and not (kept[number - 1][1] == point[1] == kept[number + 1][1])
        )
    ]
    return tuple(corners)
