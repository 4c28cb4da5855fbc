"""What the architect and the pages may know of evals without asking for more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mlwright.evals import sets, tables
from mlwright.evals.spec import EvalSetSpec, EvalSpec, GateSpec
from mlwright.evals.stats import wilson
from mlwright.evals.types import EvalDataset, EvalResult, Interval
from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store


@dataclass(frozen=True, slots=True)
class SetReport:
    """One set as its file is now: its version and size, or the `problem` that keeps it from being read."""

    name: str
    path: Path
    cases: int
    min_cases: int
    version: Ref | None
    unanswerable: int
    """How many examples expect an abstention."""
    synthetic: int
    """How many examples no person wrote."""
    problem: str
    since: datetime | None = None
    """When this version was evaluated for the first time; None before that."""


@dataclass(frozen=True, slots=True)
class GateReport:
    """One gate and its newest result, if there is one, of whatever release.

    `compared` are the newest results of every release on the set as it is now; `slices` the means of the required
    metrics by tag, of the newest result, where that is one of them."""

    name: str
    set: str
    latest: EvalResult | None
    compared: tuple[EvalResult, ...] = ()
    slices: Mapping[str, Mapping[str, Interval]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvalReport:
    """Sets and gates of the blueprint, in its order."""

    sets: tuple[SetReport, ...]
    gates: tuple[GateReport, ...]


def report(spec: EvalSpec, store: Store, base: Path) -> EvalReport:
    """Never raises for a set that cannot be read: that is a fact to report."""
    read = {name: _read(name, one, base) for name, one in spec.sets.items()}
    return EvalReport(
        tuple(_set(name, one, base, read[name], store) for name, one in spec.sets.items()),
        tuple(_gate(name, gate, read[gate.set], store) for name, gate in spec.gates.items()),
    )


def _read(name: str, spec: EvalSetSpec, base: Path) -> EvalDataset | str:
    """The set, or what keeps it from being read."""
    try:
        return sets.read_set(base / spec.path, name)
    except UserError as error:
        return error.message


def _set(name: str, spec: EvalSetSpec, base: Path, read: EvalDataset | str, store: Store) -> SetReport:
    path = base / spec.path
    if isinstance(read, str):
        return SetReport(name, path, 0, spec.min_cases, None, 0, 0, read)
    return SetReport(
        name=name,
        path=path,
        cases=len(read.examples),
        min_cases=spec.min_cases,
        version=read.ref,
        unanswerable=sum(example.unanswerable for example in read.examples),
        synthetic=read.synthetic,
        problem="",
        since=tables.first_used(store, read.ref),
    )


def _gate(name: str, spec: GateSpec, read: EvalDataset | str, store: Store) -> GateReport:
    latest = next(iter(tables.results(store, 1, name)), None)
    if isinstance(read, str) or latest is None:
        return GateReport(name, spec.set, latest)
    compared = tuple(tables.newest_of_each(store, gate=name, dataset=read.ref))
    sliced = _slices(spec, read, latest, store) if latest.dataset == read.ref and read.slices else {}
    return GateReport(name, spec.set, latest, compared, sliced)


def _slices(
    spec: GateSpec, read: EvalDataset, result: EvalResult, store: Store
) -> Mapping[str, Mapping[str, Interval]]:
    scores = {one.example: one.scores for one in tables.examples(store, result.ref)}
    found: dict[str, dict[str, Interval]] = {}
    for tag, ids in read.slices.items():
        for metric in spec.require:
            values = [scores[id_][metric] for id_ in ids if metric in scores.get(id_, {})]
            if values:
                found.setdefault(tag, {})[metric] = _share(values)
    return found


def _share(scores: list[float]) -> Interval:
    """By Wilson, which is rather too wide than too narrow for scores from 0 to 1, and quick."""
    mean = sum(scores) / len(scores)
    low, high = wilson(sum(scores), len(scores))
    return Interval(mean, low, high, len(scores))
