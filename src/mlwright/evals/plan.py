"""What an evaluation costs before it is run: cases times the cost of a request, one line a gate."""

from pathlib import Path

from mlwright.evals.sets import read_set
from mlwright.evals.spec import EvalSetSpec, EvalSpec, GateSpec
from mlwright.kernel.plan import CostLine, Range


def cost_lines(spec: EvalSpec, *, base: Path, per_request: Range | None, source: str) -> list[CostLine]:
    """`per_request` is what one answer of the system under test costs in USD, None where that has no price; `source`
    says where the price comes from. Raises NotFound or Unreadable where a set cannot be read."""
    return [_line(name, gate, spec, base, per_request, source) for name, gate in spec.gates.items()]


def set_size(spec: EvalSetSpec, name: str, *, base: Path) -> int:
    """Examples of a set. Raises NotFound or Unreadable where it cannot be read."""
    return len(read_set(base / spec.path, name).examples)


def _line(name: str, gate: GateSpec, spec: EvalSpec, base: Path, per_request: Range | None, source: str) -> CostLine:
    cases = set_size(spec.sets[gate.set], gate.set, base=base)
    each = "no price" if per_request is None else f"{per_request.likely:.6g} USD a request"
    return CostLine(
        path=f"evals.gates.{name}",
        what=f"one evaluation through {name}",
        per="once",
        usd=None if per_request is None else per_request * cases,
        formula=f"{cases:,} cases x {each}",
        source=source,
    )
