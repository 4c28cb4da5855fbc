"""What the architect and the pages may know of evals without asking for more."""

from dataclasses import dataclass
from pathlib import Path

from mlwright.evals import sets, tables
from mlwright.evals.spec import EvalSetSpec, EvalSpec
from mlwright.evals.types import EvalResult
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


@dataclass(frozen=True, slots=True)
class GateReport:
    """One gate and its newest result, if there is one, of whatever release."""

    name: str
    set: str
    latest: EvalResult | None


@dataclass(frozen=True, slots=True)
class EvalReport:
    """Sets and gates of the blueprint, in its order."""

    sets: tuple[SetReport, ...]
    gates: tuple[GateReport, ...]


def report(spec: EvalSpec, store: Store, base: Path) -> EvalReport:
    """Never raises for a set that cannot be read: that is a fact to report."""
    return EvalReport(
        tuple(_set(name, one, base) for name, one in spec.sets.items()),
        tuple(_gate(name, gate.set, store) for name, gate in spec.gates.items()),
    )


def _set(name: str, spec: EvalSetSpec, base: Path) -> SetReport:
    path = base / spec.path
    try:
        dataset = sets.read_set(path, name)
    except UserError as error:
        return SetReport(name, path, 0, spec.min_cases, None, 0, 0, error.message)
    unanswerable = sum(example.unanswerable for example in dataset.examples)
    return SetReport(
        name, path, len(dataset.examples), spec.min_cases, dataset.ref, unanswerable, dataset.synthetic, ""
    )


def _gate(name: str, set_name: str, store: Store) -> GateReport:
    latest = tables.results(store, 1, name)
    return GateReport(name, set_name, latest[0] if latest else None)
