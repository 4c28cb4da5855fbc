"""A trace as text: a line for each step, with its lane, its name below the one it belongs to, its bar and duration."""

from collections.abc import Iterator

from mlwright.architect.terminal import columns
from mlwright.architect.timeline_types import Bar, Timeline, told_seconds

WIDTH, LEAST = 100, 12
"""Columns where nobody says how many there are, and of the bars however few there are."""
_NAME = 38
_FULL, _ALIKE, _FAILED = "█", "▒", "░"


def to_text(timeline: Timeline, width: int | None = None) -> str:
    """Names to the left, bars on one axis of time, durations behind them; what failed says why below."""
    lanes = {lane.id: lane.title for lane in timeline.lanes}
    names = {bar.id: _name(bar) for bar in timeline.bars}
    lane_wide = max((columns(lanes[bar.lane]) for bar in timeline.bars), default=0)
    name_wide = max(map(columns, names.values()), default=0)
    bars = max((width or WIDTH) - lane_wide - name_wide - 4 - 10, LEAST)
    lines = [f"{timeline.title}  {told_seconds(timeline.seconds)}", ""]
    before = ""
    for bar in timeline.bars:
        lane = lanes[bar.lane] if bar.lane != before else ""
        before = bar.lane
        drawn = _drawn(bar, timeline.seconds or 1e-6, bars)
        lines.append(
            f"{_filled(lane, lane_wide)}  {_filled(names[bar.id], name_wide)}  {drawn} {told_seconds(bar.seconds)}"
        )
        lines += _wrong(bar, lane_wide + 2)
    return "\n".join([*lines, *timeline.notes, ""])


def _drawn(bar: Bar, total: float, wide: int) -> str:
    """Spaces, then at least one cell."""
    start = min(int(bar.start / total * wide), wide - 1)
    end = max(start + 1, min(wide, round((bar.start + bar.seconds) / total * wide)))
    return " " * start + (_FAILED if bar.error else _ALIKE if bar.alike > 1 else _FULL) * (end - start)


def _name(bar: Bar) -> str:
    name = f"{'  ' * bar.depth}{bar.name}"
    return name if columns(name) <= _NAME else f"{name[: _NAME - 1]}…"


def _filled(text: str, wide: int) -> str:
    return text + " " * (wide - columns(text))


def _wrong(bar: Bar, indent: int) -> Iterator[str]:
    if bar.error:
        yield f"{' ' * (indent + 2 * bar.depth)}✕ {bar.error}"
