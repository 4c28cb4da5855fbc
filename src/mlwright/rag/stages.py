"""What the stages of a retrieval say of themselves while it runs, for `--explain` and for the traces."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from mlwright.kernel.ids import Ref
from mlwright.rag.types import Candidate, StageReport

_MOST = 50


@dataclass(slots=True)
class Stage:
    """One stage while it runs; what is set here is reported when it ends."""

    note: str = ""
    scores: Sequence[tuple[str, float]] = ()
    """Chunk ids and scores, best first."""


@dataclass(slots=True)
class Stages:
    """Times, notes and candidates of one retrieval. A stage that runs several times, once a query, is one report: its
    times add up, its last note and candidates stay."""

    explain: bool = False
    _reports: dict[str, StageReport] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        began, stage = perf_counter(), Stage()
        yield stage
        self.add(name, perf_counter() - began, stage.note, stage.scores)

    def add(self, name: str, seconds: float, note: str = "", scores: Sequence[tuple[str, float]] = ()) -> None:
        before = self._reports.get(name)
        kept = tuple(Candidate(Ref("chunk", id_), score) for id_, score in scores[:_MOST]) if self.explain else ()
        total = seconds + (before.seconds if before else 0.0)
        self._reports[name] = StageReport(name, total, note or (before.note if before else ""), kept)

    @property
    def reports(self) -> tuple[StageReport, ...]:
        return tuple(self._reports.values())

    @property
    def seconds(self) -> dict[str, float]:
        return {report.name: report.seconds for report in self._reports.values()}
