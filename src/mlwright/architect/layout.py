"""Where everything stands: boxes in lanes and columns, arrows in the gutters between them, so that none crosses a box.

Columns are ranks (arrows lead right), lanes are bands from top to bottom. Between two columns runs a gutter in which
every arrow has a track of its own; above the boxes of each lane runs a corridor for arrows that pass whole columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from mlwright.architect.graph import Edge, Graph, Node, ranks

BOX = 184
HEAD, LINE, FOOT = 26, 15, 8
TRACK, PORT = 9, 15
LANE_TITLE = 92
PAD, GAP, MARGIN = 14, 14, 12
STUB = 16
LETTER = 5.6
"""Width of a letter of a label, in pixels."""

Point = tuple[float, float]


@dataclass(slots=True)
class Box:
    """A placed box; `x`, `y` is its upper left corner."""

    node: Node
    column: int
    x: float = 0.0
    y: float = 0.0
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


def laid_out(graph: Graph) -> Layout:
    """Place everything. Time grows with boxes and arrows, not faster."""
    return _Placing(graph).placed()


class _Placing:
    """The steps of one layout, in order; each reads what the one before has set."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
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
        out: dict[str, int] = dict.fromkeys(self.boxes, 0)
        into: dict[str, int] = dict.fromkeys(self.boxes, 0)
        for edge in self.edges:
            out[edge.source] += 1
            into[edge.target] += 1
        for name, box in self.boxes.items():
            text = HEAD + LINE * len(box.node.lines) + FOOT
            box.height = max(text, PORT * (max(out[name], into[name]) + 1))

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
        bands: list[Band] = []
        y = float(MARGIN)
        for number, lane in enumerate(self.graph.lanes):
            inside = [box for box in self.boxes.values() if box.node.lane == lane.id]
            if not inside:
                bands.append(Band(lane.title, number, y, 0.0))
                continue
            corridor = TRACK * len(self.corridor[number])
            cells: dict[int, list[Box]] = {}
            for box in inside:
                cells.setdefault(box.column, []).append(box)
            tallest = max(sum(b.height for b in cell) + GAP * (len(cell) - 1) for cell in cells.values())
            for cell in cells.values():
                taken = sum(b.height for b in cell) + GAP * (len(cell) - 1)
                top = y + PAD + corridor + (tallest - taken) / 2
                for box in cell:
                    box.y = top
                    top += box.height + GAP
            height = PAD + corridor + tallest + PAD
            bands.append(Band(lane.title, number, y, height))
            y += height + 8
        return bands, y - 8 + MARGIN

    def _across(self) -> float:
        """The left edge of every column: gutters are as wide as their tracks and labels ask for."""
        x = float(MARGIN + LANE_TITLE + STUB + self._room(-1))
        self.left: list[float] = []
        for column in range(len(self.columns)):
            self.left.append(x)
            x += BOX + (self._room(column) if column + 1 < len(self.columns) else 0)
        for box in self.boxes.values():
            box.x = self.left[box.column]
        spare = self._room(len(self.columns) - 1) if self.gutter[len(self.columns) - 1] else 0
        return x + spare + PAD + MARGIN

    def _room(self, gutter: int) -> float:
        edges = self.gutter[gutter]
        if not edges:
            return 0.0 if gutter == -1 else 28.0
        ends_here = [edge for edge in edges if self._gutters_of(edge)[1] == gutter]
        label = max((len(edge.label) for edge in ends_here), default=0) * LETTER
        return STUB + TRACK * len(edges) + max(STUB, label + 14)

    def _arrows(self, bands: Sequence[Band]) -> list[Arrow]:
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
                y = bands[lane].y + PAD / 2 + 3 + TRACK * self.corridor[lane].index(edge)
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
            for many, x, found in ((out, box.x + BOX, starts), (into, box.x, ends)):
                for number, edge in enumerate(many, start=1):
                    found[edge] = (x, round(box.y + box.height * number / (len(many) + 1), 1))
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
            if alone and box.y + 8 <= y <= box.y + box.height - 8:
                mine[edge] = (x, y)
                return

    @staticmethod
    def _at(edge: Edge, entering: bool) -> str:
        return edge.target if entering else edge.source

    def _middle(self, name: str) -> float:
        return self.boxes[name].y + self.boxes[name].height / 2

    def _tracks(self, starts: Mapping[Edge, Point], ends: Mapping[Edge, Point]) -> dict[tuple[int, Edge], float]:
        """A track for each arrow in each gutter. Of those that go down the upper one turns last, of those that go up
        the upper one turns first: so arrows that run beside each other do not cross."""
        tracks: dict[tuple[int, Edge], float] = {}
        for gutter, edges in self.gutter.items():
            right = self.left[0] - self._room(-1) if gutter == -1 else self.left[gutter] + BOX
            for number, edge in enumerate(sorted(edges, key=lambda e: self._turn(e, starts, ends))):
                tracks[gutter, edge] = right + STUB + TRACK * number
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
