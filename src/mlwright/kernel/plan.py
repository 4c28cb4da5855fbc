"""What a plan is made of: cost lines, capacity steps and stages. Every system fills them, the architect joins them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Per = Literal["request", "month", "once"]
Medium = Literal["disk", "memory"]


@dataclass(frozen=True, slots=True)
class Range:
    """A planned number with the range that it should fall into."""

    low: float
    likely: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> "Range":
        return cls(value, value, value)

    def __mul__(self, factor: float) -> "Range":
        return Range(self.low * factor, self.likely * factor, self.high * factor)

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class CostLine:
    """One thing that costs money. `usd` is None where it has no price: that is an error of the plan, never 0.

    `path` is the place in the blueprint; `formula` shows the arithmetic with its numbers; `source` says where the
    price comes from, with its date."""

    path: str
    what: str
    per: Per
    usd: Range | None
    formula: str
    source: str


@dataclass(frozen=True, slots=True)
class StorageLine:
    """Bytes that the system keeps, at the planned size."""

    path: str
    what: str
    bytes: Range
    formula: str
    medium: Medium = "disk"


@dataclass(frozen=True, slots=True)
class Overhead:
    """What a request costs this machine beside the models of others, measured by serving many at once: seconds of CPU,
    seconds between two answers when nothing else is waited for (the inverse of the throughput), and seconds until the
    model is asked when nobody else is there. `chunks` is the size of the index that was searched."""

    cpu: float
    seconds: float
    search: float
    requests: int
    chunks: int
    machine: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CapacityStep:
    """A step of a request: seconds of service, how many may be in it at once (None: no limit), and its time limit."""

    name: str
    seconds: Range
    slots: int | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of bringing a workspace to its blueprint: made by `architect/plan`, explained or executed by `app/up`.

    `verb` is create, rebuild, ingest, evaluate, deploy or keep; a destructive one asks first."""

    verb: str
    target: str
    why: str
    destructive: bool = False
    details: Mapping[str, str] = field(default_factory=dict)
