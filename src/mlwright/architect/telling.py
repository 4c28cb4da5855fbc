"""What happened beside a plan, and two plans beside one another, as JSON and Markdown."""

from collections.abc import Sequence
from typing import Any

from mlwright.architect.actual import Comparison, Line
from mlwright.architect.comparing import PlanChange
from mlwright.architect.forms import ranged, size
from mlwright.architect.measured import LEAST_REQUESTS, Measured
from mlwright.kernel.clock import stamp
from mlwright.kernel.plan import Range


def actual_json(comparisons: Sequence[Comparison], storage: Sequence[Line]) -> dict[str, Any]:
    """Every line: plan, actual, error (a share of the plan), whether it lies in the planned range, and its cause."""
    return {
        "endpoints": [
            {
                "endpoint": one.measured.endpoint,
                "since": stamp(one.measured.since),
                "until": stamp(one.measured.until),
                "requests": one.measured.requests,
                "enough": one.measured.enough,
                "lines": [_line(line) for line in one.lines],
            }
            for one in comparisons
        ],
        "storage": [_line(line) for line in storage],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "what": line.what,
        "unit": line.unit,
        "plan": ranged(line.plan),
        "actual": line.actual,
        "error": line.error,
        "inside": line.inside,
        "cause": line.cause,
    }


def actual_markdown(system: str, comparisons: Sequence[Comparison], storage: Sequence[Line]) -> str:
    """A table for each endpoint."""
    parts = [f"## {system}: plan against actual"]
    for one in comparisons:
        parts += ["", f"{one.measured.endpoint}: {told_basis(one.measured)}.", "", *_table(one.lines)]
    if storage:
        parts += ["", "Kept:", "", *_table(storage)]
    return "\n".join(parts) + "\n"


def _table(lines: Sequence[Line]) -> list[str]:
    rows = ["| | plan | actual | error | why |", "|---|--:|--:|--:|---|"]
    for line in lines:
        rows.append(f"| {line.what} | {told_plan(line)} | {told_actual(line)} | {told_error(line)} | {line.cause} |")
    return rows


def told_basis(measured: Measured) -> str:
    """How much a comparison rests on, in words."""
    hours = measured.seconds / 3600
    over = f"{hours:.1f} hours" if hours >= 1 else f"{measured.seconds / 60:.0f} minutes"
    few = "" if measured.requests >= LEAST_REQUESTS else ", so chance has a large part in it"
    return f"rests on {measured.requests:,} requests over {over} until {measured.until:%Y-%m-%d %H:%M} UTC{few}"


def told_plan(line: Line) -> str:
    """The plan with its range."""
    if line.plan is None:
        return "no price" if line.unit == "USD" else "-"
    return spanned(line.plan, line.unit)


def told_actual(line: Line) -> str:
    """What was measured."""
    return "-" if line.actual is None else shown(line.actual, line.unit)


def told_error(line: Line) -> str:
    """The error, marked where the actual lies outside the planned range: in points for shares, else in percent."""
    if line.plan is None or line.actual is None:
        return ""
    mark = "" if line.inside else " outside"
    if line.unit == "share":
        return f"{(line.actual - line.plan.likely) * 100:+.1f} pt{mark}"
    if line.error is None:
        return mark.strip()
    return (f"{line.error:+.0%}" if line.error < 10 else f"x {line.error + 1:,.0f}") + mark


def changes_markdown(changes: Sequence[PlanChange]) -> str:
    """A table of what differs between two plans."""
    if not changes:
        return "The plans do not differ.\n"
    rows = ["| | place | before | after | |", "|---|---|--:|--:|--:|"]
    for one in changes:
        before, after, how = told_change(one)
        rows.append(f"| {one.what} | {f'`{one.place}`' if one.place else ''} | {before} | {after} | {how} |")
    return "\n".join(rows) + "\n"


def told_change(one: PlanChange) -> tuple[str, str, str]:
    """Before, after, and how much that is."""
    return (
        _side(one.before, one.unit, one.unpriced_before),
        _side(one.after, one.unit, one.unpriced_after),
        f"{one.ratio:+.0%}" if one.ratio is not None else one.how if one.how != "changed" else "",
    )


def _side(value: Range | None, unit: str, unpriced: bool) -> str:
    return "no price" if unpriced else "-" if value is None else spanned(value, unit)


def spanned(value: Range, unit: str) -> str:
    """A range in the words of its unit; one number where it has no width."""
    likely = shown(value.likely, unit)
    if value.low == value.high:
        return likely
    return f"{likely} ({shown(value.low, unit)} to {shown(value.high, unit)})"


def shown(value: float, unit: str) -> str:
    """A number in the words of its unit."""
    match unit:
        case "USD":
            return "$0" if not value else f"${value:,.2f}" if abs(value) >= 0.1 else f"${value:.2g}"
        case "s":
            return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
        case "share":
            return f"{value * 100:.3g}%"
        case "bytes":
            return size(value)
        case "x":
            return f"{value:.2g}x"
        case _:
            return f"{value:,.0f}"
