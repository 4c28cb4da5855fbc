"""What an evaluation costs before it is run: cases times the cost of a request, one line a gate."""

from pathlib import Path

from mlwright.evals.sets import read_set
from mlwright.evals.spec import EvalSpec, GateSpec
from mlwright.kernel.plan import CostLine, Range


def cost_lines(spec: EvalSpec, *, base: Path, per_request: Range | None, source: str) -> list[CostLine]:
    """`per_request` is what one answer of the system under test costs in USD, None where that has no price; `source`
    says where the price comes from. Raises NotFound or Unreadable where a set cannot be read."""
    return [_line(name, gate, spec, base, per_request, source) for name, gate in spec.gates.items()]


def _line(name: str, gate: GateSpec, spec: EvalSpec, base: Path, per_request: Range | None, source: str) -> CostLine:
    cases = len(read_set(base / spec.sets[gate.set].path, gate.set).examples)
    each = "no price" if per_request is None else f"{per_request.likely:.6g} USD a request"
    return CostLine(
        path=f"evals.gates.{name}",
        what=f"one evaluation through {name}",
        per="once",
        usd=None if per_request is None else per_request * cases,
        formula=f"{cases:,} cases x {each}",
        source=source,
    )
