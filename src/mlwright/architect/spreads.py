"""How wide the range of a plan is: from how well its traffic is known, and how long ago it was measured."""

from dataclasses import dataclass
from datetime import date

from mlwright.kernel.plan import Range
from mlwright.serving import TrafficSpec

FRESH_DAYS = 30
"""Days for which a measured traffic narrows the range."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The low and the high end of a range over its likely value."""

    low: float
    high: float
    why: str

    def around(self, value: float) -> Range:
        return Range(value * self.low, value, value * self.high)


GUESSED = Spread(0.75, 1.3, "the traffic was not measured")
"""Replayed traces: plans that were calibrated on minutes were 3 to 32 % off."""
MEASURED = Spread(0.8, 1.2, "the traffic was measured")
"""Replayed traces: calibrated on the time before, a stretch was 1 to 16 % off, and half of them less than 6 %."""
STALE = Spread(0.75, 1.3, f"the traffic was measured more than {FRESH_DAYS} days ago")


def of_traffic(traffic: TrafficSpec, today: date) -> Spread:
    """The spread of tokens and requests around what the file says."""
    if traffic.measured is None:
        return GUESSED
    return MEASURED if (today - traffic.measured.until).days <= FRESH_DAYS else STALE
