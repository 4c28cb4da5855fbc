"""How evals describes its things to people: versions of sets, and results."""

from mlwright.evals import sets, tables
from mlwright.evals.types import EvalResult
from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import stamp
from mlwright.kernel.ids import Ref
from mlwright.kernel.lineage import Described


def describe(kernel: Kernel, ref: Ref) -> Described | None:
    """None where the thing is not of evals, or not known."""
    if ref.kind == "evalset":
        return _set(kernel, ref)
    if ref.kind == "evalresult":
        result = tables.result(kernel.store, ref)
        return _result(result) if result else None
    return None


def _set(kernel: Kernel, ref: Ref) -> Described | None:
    kept = tables.eval_set(kernel.store, ref)
    if kept is None:
        return None
    name, blob = kept
    dataset = sets.rewritten(name, kernel.blobs.get(blob))
    facts = {"cases": f"{len(dataset.examples):,}", "sha256": blob}
    if dataset.synthetic:
        facts["synthetic"] = f"{dataset.synthetic:,} (made by a program, not by a person)"
    return Described(ref, f"eval set {name}", facts)


def _result(result: EvalResult) -> Described:
    facts = {"verdict": "passed" if result.passed else "failed", "errors": str(result.errors), "at": stamp(result.at)}
    if result.synthetic:
        facts["synthetic"] = f"{result.synthetic:,} examples that no person wrote"
    for name, value in result.metrics.items():
        facts[name] = f"{value.mean:.3f} [{value.low:.3f}, {value.high:.3f}] over {value.n:,}"
    return Described(result.ref, f"evaluation through gate {result.gate}", facts)
