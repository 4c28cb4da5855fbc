"""The small drawings in numbers, as coordinates: templates draw them as SVG on the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite

from mlwright.architect import Line, told_actual, told_plan
from mlwright.evals import EvalResult, Interval, Requirement
from mlwright.faces.ui.words import bounds
from mlwright.serving import RequestLog
from mlwright.tracking import MetricPoint

WIDTH, HEIGHT = 600, 180
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 10, 22
_INTERVAL = 176


@dataclass(frozen=True, slots=True)
class IntervalMark:
    """A mean with its interval on a track of 176 pixels; `bound` is where the requirement stands."""

    low: float
    mean: float
    high: float
    bound: float | None
    state: str
    told: str


def interval(value: Interval, required: Requirement | None = None) -> IntervalMark:
    """Shares are drawn from 0 to 1; anything else from 0 to the largest number that belongs to it."""
    numbers = [value.low, value.mean, value.high, *([required.bound] if required else [])]
    top = 1.0 if all(0 <= n <= 1 for n in numbers if isfinite(n)) else max(numbers) * 1.1 or 1.0

    def x(number: float) -> float:
        return round(2 + _INTERVAL * min(max(number / top, 0.0), 1.0), 1) if isfinite(number) else 2.0

    told = f"{value.mean:.3g}, 95 % interval {value.low:.3g} to {value.high:.3g}"
    if required:
        told += f", required {required.op} {required.bound:g}"
    state = "" if required is None else "good" if required.passed else "bad"
    return IntervalMark(
        x(value.low), x(value.mean), x(value.high), x(required.bound) if required else None, state, told
    )


def planned_mark(line: Line) -> IntervalMark | None:
    """The planned range of a line, with what happened as its bound; None where there is nothing to compare."""
    if line.plan is None or line.actual is None:
        return None
    top = max(line.plan.high, line.actual) * 1.05 or 1.0

    def x(number: float) -> float:
        return round(2 + _INTERVAL * min(max(number / top, 0.0), 1.0), 1)

    state = "good" if line.inside else "bad"
    told = f"{line.what}: planned {told_plan(line)}, was {told_actual(line)}"
    return IntervalMark(x(line.plan.low), x(line.plan.likely), x(line.plan.high), x(line.actual), state, told)


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A value on a chart: the range around it, and what it is called; `bad` where it failed."""

    x: float
    y: float
    low: float
    high: float
    bad: bool
    told: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class LineChart:
    """Values from left to right. `line` is the path through them, `bound` the height of a requirement."""

    title: str
    told: str
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    first: str
    last: str
    bound: float | None = None

    @property
    def line(self) -> str:
        return " ".join(f"{'M' if not at else 'L'}{dot.x:g} {dot.y:g}" for at, dot in enumerate(self.dots))


def history(results: Sequence[EvalResult], metric: str) -> LineChart:
    """One metric over the evaluations of a gate, oldest first, with the requirement of the newest."""
    known = [result for result in results if metric in result.metrics]
    required = next((line for line in bounds(known[-1].requirements) if line.metric == metric), None) if known else None
    values = [result.metrics[metric] for result in known]
    needed = [required.bound] if required else []
    scale = _Scale([n for value in values for n in (value.low, value.high)] + needed)
    dots = tuple(
        Dot(
            _across(at, len(known)), scale.y(value.mean), scale.y(value.low), scale.y(value.high), not result.passed,
            f"{value.mean:.3f} ({value.low:.3f} to {value.high:.3f}), {result.at:%Y-%m-%d %H:%M}",
            f"/evals/{result.ref}",
        )
        for at, (result, value) in enumerate(zip(known, values, strict=True))
    )  # fmt: skip
    told = f"{metric}, {len(known)} evaluations; the latest {values[-1].mean:.3f}" if values else f"{metric}: no values"
    days = (f"{known[0].at:%Y-%m-%d}", f"{known[-1].at:%Y-%m-%d}") if known else ("", "")
    return LineChart(metric, told, dots, scale.ticks(), *days, scale.y(required.bound) if required else None)


def curve(name: str, points: Sequence[MetricPoint]) -> LineChart:
    """A metric of a run over its steps."""
    finite = [point for point in points if isfinite(point.value)]
    scale = _Scale([point.value for point in finite])
    dots = tuple(
        Dot(_across(at, len(finite)), scale.y(point.value), 0, 0, bad=False, told=f"step {point.step}: {point.value:g}")
        for at, point in enumerate(finite)
    )
    told = f"{name}, {len(points)} values, the last {points[-1].value:g}" if points else f"{name}: no values"
    ends = (f"step {finite[0].step}", f"step {finite[-1].step}") if finite else ("", "")
    return LineChart(name, told, dots, scale.ticks(), *ends)


@dataclass(frozen=True, slots=True)
class Column:
    x: float
    y: float
    width: float
    height: float
    bad: float
    told: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Requests an hour, oldest first; `bad` of a column is the height of what failed."""

    told: str
    columns: tuple[Column, ...]
    most: int


def hourly(logs: Sequence[RequestLog], now: datetime, hours: int = 24) -> Columns:
    """What was asked in each of the last hours."""
    counts, failed = [0] * hours, [0] * hours
    for log in logs:
        slot = hours - 1 - int((now - log.at) / timedelta(hours=1))
        if 0 <= slot < hours:
            counts[slot] += 1
            failed[slot] += log.outcome == "error"
    most, step, full = max(counts), WIDTH / hours, 64.0
    columns = tuple(
        Column(
            round(at * step + 1, 1), round(full - full * count / (most or 1), 1), round(step - 2, 1),
            round(full * count / (most or 1), 1), round(full * failed[at] / (most or 1), 1),
            f"{hours - at} h ago: {count}, {failed[at]} failed",
        )
        for at, count in enumerate(counts) if count
    )  # fmt: skip
    return Columns(f"{sum(counts)} requests in {hours} hours, {sum(failed)} failed", columns, most)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of an answer: where its bar starts and how long it is, in percent of the longest."""

    name: str
    seconds: float
    width: float


def stages(seconds: dict[str, float]) -> list[Stage]:
    """The stages of an answer without their total."""
    parts = {name: value for name, value in seconds.items() if name != "total"}
    longest = max(parts.values(), default=0) or 1
    return [Stage(name, value, round(100 * value / longest, 1)) for name, value in parts.items()]


def thinned(points: Sequence[MetricPoint], most: int = 2000) -> list[MetricPoint]:
    """Few enough points to send: every n-th, and the last."""
    step = max(1, len(points) // most)
    kept = list(points[::step])
    return kept if not points or kept[-1] is points[-1] else [*kept, points[-1]]


class _Scale:
    """From values to heights of the chart."""

    def __init__(self, values: Sequence[float]) -> None:
        low, high = min(values, default=0.0), max(values, default=1.0)
        if low >= 0 and high <= 1:
            low, high = 0.0, 1.0
        if low == high:
            low, high = low - (abs(low) * 0.1 or 1), high + (abs(high) * 0.1 or 1)
        self._low, self._span = low, high - low

    def y(self, value: float) -> float:
        inside = HEIGHT - TOP - BOTTOM
        return round(TOP + inside * (1 - (value - self._low) / self._span), 1)

    def ticks(self) -> tuple[Tick, ...]:
        values = [self._low + self._span * share for share in (0, 0.5, 1)]
        return tuple(Tick(self.y(value), f"{value:.3g}") for value in values)


def _across(at: int, count: int) -> float:
    inside = WIDTH - LEFT - RIGHT
    return round(LEFT + (inside * at / (count - 1) if count > 1 else inside / 2), 1)
