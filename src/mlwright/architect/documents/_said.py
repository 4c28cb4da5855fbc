"""How documents say numbers, times and names: one voice, and never more digits than mean something."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from math import floor, log10

from mlwright.evals import Interval, Quantile
from mlwright.kernel.plan import Range

DASH = "–"


def interval(value: Interval | None) -> str:
    """`0.930 (0.890 to 0.960)`."""
    return DASH if value is None else f"{value.mean:.3f} ({value.low:.3f} to {value.high:.3f})"


def quantile(value: Quantile) -> str:
    """`340 ms (300 ms to 410 ms)`; without a bound that so few values do not give."""
    if value.low is None and value.high is None:
        return seconds(value.value)
    low = "at most" if value.low is None else f"{seconds(value.low)} to" if value.high is not None else "at least"
    return f"{seconds(value.value)} ({low} {seconds(value.low if value.high is None else value.high)})"


def seconds(value: float | None) -> str:
    if value is None:
        return DASH
    if 0 < value < 0.001:
        return "< 1 ms"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.3g} s"


def ranged(value: Range) -> str:
    """Planned seconds with their range."""
    return f"{seconds(value.likely)} ({seconds(value.low)} to {seconds(value.high)})"


def money(value: Range | None) -> str:
    """Planned US dollars with their range; `no price` where there is none."""
    if value is None or value.low == value.high:
        return dollars(None if value is None else value.likely)
    return f"{dollars(value.likely)} ({dollars(value.low)} to {dollars(value.high)})"


def dollars(value: float | None) -> str:
    """`$1,234.50`, `$0.00025`, `$0` or `no price`: as many digits as mean something."""
    if value is None:
        return "no price"
    if not value or value >= 0.1:
        return f"${value:,.2f}" if value else "$0"
    return f"${value:.{1 - floor(log10(value))}f}"


def when(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(names: Collection[str] | Mapping[str, object]) -> str:
    """Words with commas; a dash for none."""
    return ", ".join(names) if names else DASH
