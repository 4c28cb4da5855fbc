"""Words for reasons: lists, counts, numbers."""

from collections.abc import Iterable, Mapping

from mlwright.kernel.units import written_rate

_MOST = 6
_DAY = 86_400.0


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *some, last = list(words) or ["none"]
    return f"{', '.join(some)} and {last}" if some else last


def counted_words(counts: Mapping[str, int]) -> str:
    """`12 .md, 3 .pdf and 5 others`."""
    pairs = list(counts.items())
    more = sum(count for _, count in pairs[_MOST:])
    return listed([*(f"{count:,} {name}" for name, count in pairs[:_MOST]), *([f"{more:,} others"] if more else [])])


def told_usd(value: float) -> str:
    """`0 USD`, `3.20 USD`, `1,200 USD`."""
    return f"{value:,.0f} USD" if value >= 100 or value == 0 else f"{value:,.2f} USD"


def told_seconds(value: float) -> str:
    """`40 ms`, `3.2 s`."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def rate(value: float) -> str:
    """`20k/day` where that is whole, else as `written_rate` has it."""
    thousands = value * _DAY / 1000
    whole = thousands >= 1 and abs(thousands - round(thousands)) < 1e-9 * thousands
    return f"{round(thousands)}k/day" if whole else written_rate(value)
