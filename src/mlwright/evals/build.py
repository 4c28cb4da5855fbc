"""From the `evals` section to the thing that evaluates and guards."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from mlwright.evals import describe, run, sets, tables
from mlwright.evals import report as reports
from mlwright.evals.given import GivenAnswers, read_given
from mlwright.evals.naming import metrics_for
from mlwright.evals.ports import Recorder, Target
from mlwright.evals.spec import EvalSpec, GateSpec
from mlwright.evals.types import EvalDataset, EvalResult, ExampleResult
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, Refused
from mlwright.kernel.ids import Ref
from mlwright.kernel.lineage import Described
from mlwright.kernel.progress import Progress, silent

_CONCURRENCY = 8
_T = TypeVar("_T")


def build_evals(spec: EvalSpec, kernel: Kernel, *, base: Path, record: Recorder) -> "Evals":
    """`base` is the folder of the blueprint. Brings the tables up to date; reads no set yet.

    Raises NotFound or UserError, with the place in the blueprint, for a gate that names an unknown set or metric."""
    for name, gate in spec.gates.items():
        _named(gate.set, spec.sets, f"set in evals.gates.{name}.set")
        metrics_for(gate.require, f"evals.gates.{name}.require")
    kernel.store.migrate("mlwright.evals")
    return Evals(spec, kernel, base, record)


class Evals:
    """The eval sets and gates of a blueprint, and every result so far."""

    def __init__(self, spec: EvalSpec, kernel: Kernel, base: Path, record: Recorder) -> None:
        self._spec, self._kernel, self._store = spec, kernel, kernel.store
        self._base, self._record = base, record

    async def evaluate(
        self,
        gate: str,
        target: Target,
        of: Ref,
        *,
        against: Ref | None = None,
        concurrency: int = _CONCURRENCY,
        progress: Progress = silent,
    ) -> EvalResult:
        """Put the gate's set to `target`, which is what `of` (a release, an index, given answers) says; keep and give
        the result.

        `against` is the release in production, for `max_regression`. Raises NotFound for an unknown gate or a missing
        set, Unreadable for a set with bad lines; what the target raises counts as errors of the result."""
        spec = self._gate(gate)
        asked = run.Question(gate, spec, self.dataset(spec.set), self._spec.sets[spec.set].min_cases, of, against)
        return await run.evaluate(self._kernel, self._record, asked, target, concurrency=concurrency, progress=progress)

    def require_pass(self, gate: str, release: Ref) -> None:
        """Raises Refused unless the newest result of `release` on the present version of the gate's set passed."""
        dataset = self.dataset(self._gate(gate).set)
        found = tables.latest_of(self._store, release, gate=gate, dataset=dataset.ref)
        if found is None:
            raise Refused(
                f"gate {gate!r}: {release} has no result on the present version of set {dataset.name!r}",
                hint="run `mlwright eval`",
            )
        if not found.passed:
            lines = "\n  ".join(line.why for line in found.requirements if not line.passed)
            raise Refused(
                f"gate {gate!r}: {release} failed ({found.ref}):\n  {lines}",
                hint="look at the examples that scored low, change the system, and run `mlwright eval` again",
            )

    def dataset(self, set_name: str) -> EvalDataset:
        """The set as its file is now. Raises NotFound, and Unreadable for bad lines."""
        spec = _named(set_name, self._spec.sets, "eval set")
        return sets.read_set(self._base / spec.path, set_name)

    def dataset_at(self, version: Ref) -> EvalDataset:
        """The set as it was when a result was made on it. Raises NotFound."""
        kept = tables.eval_set(self._store, version)
        if kept is None:
            raise NotFound(f"there is no {version}", hint="only sets that were evaluated are kept")
        return sets.rewritten(kept[0], self._kernel.blobs.get(kept[1]))

    def given(self, gate: str) -> GivenAnswers | None:
        """The answers of another system that the gate scores, as their file is now; None where it scores a pipeline.
        Raises NotFound, and Unreadable for bad lines."""
        spec = self._gate(gate)
        return read_given(self._base / spec.answers) if spec.answers is not None else None

    def results(self, limit: int = 100, gate: str | None = None) -> list[EvalResult]:
        """Newest first."""
        return tables.results(self._store, limit, gate)

    def result(self, ref: Ref) -> EvalResult:
        found = tables.result(self._store, ref)
        if found is None:
            raise NotFound(f"there is no {ref}", hint="`mlwright eval` makes results, `mlwright status` lists them")
        return found

    def examples(self, result: Ref) -> list[ExampleResult]:
        """What the target said to every example, in the order of the set."""
        return tables.examples(self._store, self.result(result).ref)

    def describe(self, ref: Ref) -> Described | None:
        """None where the thing is not of evals, or not known."""
        return describe.describe(self._kernel, ref)

    def report(self) -> reports.EvalReport:
        return reports.report(self._spec, self._store, self._base)

    def _gate(self, name: str) -> GateSpec:
        return _named(name, self._spec.gates, "gate")


def _named(name: str, known: Mapping[str, _T], what: str) -> _T:
    if name not in known:
        raise NotFound(f"there is no {what} {name!r}", hint=f"the blueprint has: {', '.join(known) or 'none'}")
    return known[name]
