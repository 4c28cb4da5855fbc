"""A trace without a layout: bars in lanes, on an axis of time. Drawn as SVG or as text."""

from collections.abc import Iterator
from dataclasses import dataclass

from mlwright.architect.graph import Lane


@dataclass(frozen=True, slots=True)
class Bar:
    """A step. `start` counts from the beginning of the trace, in seconds like `seconds`; `depth` is how many steps it
    stands below, `parent` the nearest of them. `alike` says how many steps of the same name it stands for."""

    id: str
    lane: str
    title: str
    start: float
    seconds: float
    depth: int = 0
    parent: str = ""
    error: str = ""
    href: str = ""
    alike: int = 1

    @property
    def name(self) -> str:
        return self.title if self.alike == 1 else f"{self.alike:,} more: {self.title}"

    @property
    def told(self) -> str:
        """The step in words."""
        wrong = f", failed: {self.error}" if self.error else ""
        return f"{self.name}: {told_seconds(self.seconds)}, from {told_seconds(self.start)} on{wrong}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bars from the top down; `left_out` spans are not among them."""

    title: str
    lanes: tuple[Lane, ...]
    bars: tuple[Bar, ...]
    left_out: int = 0

    @property
    def seconds(self) -> float:
        return max((bar.start + bar.seconds for bar in self.bars), default=0.0)

    @property
    def used(self) -> tuple[Lane, ...]:
        """The lanes that hold something."""
        return tuple(lane for lane in self.lanes if any(bar.lane == lane.id for bar in self.bars))

    @property
    def told(self) -> str:
        """The trace in words, for those who cannot see it."""
        return "; ".join([*(bar.told for bar in self.bars), *self.notes]) or "nothing happened"

    @property
    def notes(self) -> Iterator[str]:
        if self.left_out:
            yield f"{self.left_out:,} further steps are not drawn"


def told_seconds(value: float) -> str:
    """`0.4 ms`, `340 ms`, `1.2 s`, `3 min`."""
    if value < 0.01:
        return f"{value * 1000:.1f}".removesuffix(".0") + " ms"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 120 else f"{value / 60:.0f} min"
