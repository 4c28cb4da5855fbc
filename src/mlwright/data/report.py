"""What the architect and the pages may know of data without asking for more."""

from dataclasses import dataclass
from datetime import datetime

from mlwright.data import tables
from mlwright.data.types import Dataset
from mlwright.kernel.store import Store


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source: its latest dataset (None before the first ingest), how old that is, and what is in quarantine."""

    name: str
    latest: Dataset | None
    age: float | None
    """Seconds since the latest dataset was made; never negative, though the clock may have stepped back."""
    quarantined: int

    @property
    def files(self) -> int:
        return self.latest.files if self.latest else 0

    @property
    def bytes(self) -> int:
        return self.latest.bytes if self.latest else 0


@dataclass(frozen=True, slots=True)
class DataReport:
    """Every source of the blueprint, in its order."""

    sources: tuple[SourceReport, ...]


def report(store: Store, names: list[str], now: datetime) -> DataReport:
    return DataReport(tuple(_source(store, name, now) for name in names))


def _source(store: Store, name: str, now: datetime) -> SourceReport:
    latest = tables.latest(store, name)
    age = max(0.0, (now - latest.at).total_seconds()) if latest else None
    return SourceReport(name, latest, age, len(tables.quarantined(store, name)))
