"""The map of an index as a drawing: points in coloured groups, few and light elements however many points there are."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from statistics import median

from mlwright.kernel.ids import Ref
from mlwright.rag import EmbeddingMap, MapPoint

SIDE, EDGE = 1000, 40
"""The square in units of the drawing, and the free space at its edges."""
HUES = 12
WAYS = ("cluster", "folder", "document")


@dataclass(frozen=True, slots=True)
class Group:
    """Points of one colour. `path` draws them all, `numbers` are their places in the map, in the order of the path;
    `hue` is -1 for what has no colour of its own, `x` and `y` are a point in its middle."""

    key: str
    name: str
    size: int
    hue: int
    path: str
    numbers: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the drawing with a number, as of a passage that was found."""

    x: float
    y: float
    number: int = 0


def groups(of: EmbeddingMap, by: str) -> list[Group]:
    """The points by cluster, folder or document, the largest group first; small ones without a colour together."""
    names = {cluster.number: ", ".join(cluster.words) for cluster in of.clusters}
    key: Callable[[MapPoint], str] = {
        "folder": lambda point: str(PurePosixPath(point.key).parent),
        "document": lambda point: point.key,
    }.get(by, lambda point: str(point.cluster))
    sizes = Counter(map(key, of.points))
    order = sorted(sizes, key=lambda one: (-sizes[one], one))
    own = order if len(order) <= HUES else order[: HUES - 1]
    members: dict[str, list[tuple[int, MapPoint]]] = {one: [] for one in own}
    for number, point in enumerate(of.points):
        group = key(point) if key(point) in members else ""
        members.setdefault(group, []).append((number, point))
    return [
        _group(one, _name(one, by, names, len(order) - len(own)), hue, some)
        for hue, (one, some) in enumerate(members.items())
    ]


def mark(at: tuple[float, float], number: int = 0) -> Mark:
    """From 0 to 1 on the map to units of the drawing."""
    x, y = (round(EDGE + (SIDE - 2 * EDGE) * side, 1) for side in at)
    return Mark(x, y, number)


def dots(points: Sequence[MapPoint]) -> str:
    """One path for all: a stroke of no length with round ends is a dot."""
    return "".join(f"M{one.x:g} {one.y:g}h0" for one in (mark((point.x, point.y)) for point in points))


def of_chunks(of: EmbeddingMap, chunks: Sequence[Ref]) -> list[MapPoint]:
    """Their points, in that order; what is not on the map is left out."""
    at = {point.chunk: point for point in of.points}
    return [at[chunk] for chunk in chunks if chunk in at]


def _group(key: str, name: str, hue: int, members: Sequence[tuple[int, MapPoint]]) -> Group:
    points = [point for _, point in members]
    x, y = median(point.x for point in points), median(point.y for point in points)
    central = min(points, key=lambda point: (point.x - x) ** 2 + (point.y - y) ** 2)
    middle = mark((central.x, central.y))
    numbers = " ".join(str(number) for number, _ in members)
    return Group(key, name, len(points), hue if key else -1, dots(points), numbers, middle.x, middle.y)


def _name(key: str, by: str, names: Mapping[int, str], others: int) -> str:
    if not key:
        return f"{others} others"
    if by in ("folder", "document"):
        return key
    return names.get(int(key), "") or f"cluster {int(key) + 1}"
