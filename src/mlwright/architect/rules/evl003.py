"""A gate that cannot see the drop it forbids lets it pass. How small a drop a set shows is decided by its size.

The arithmetic is that of the plan: `architect/power.py`.
"""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.power import DISCORDANT, cases_needed, smallest_drop
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    evals = context.blueprint.evals
    for name, gate in evals.gates.items():
        if not gate.max_regression:
            continue
        real, planned = context.cases(gate.set), evals.sets[gate.set].min_cases
        cases = real if real is not None else planned
        needed = cases_needed(gate.max_regression)
        if cases and cases < needed:
            seen = smallest_drop(cases)
            where = "has" if real is not None else "promises"
            yield Found(
                f"evals.gates.{name}.max_regression",
                f"{gate.set} {where} {cases} cases: it shows drops from {seen:.3f}, not {gate.max_regression:g}, which"
                f" needs about {needed} (paired, 80 % power, {DISCORDANT:.0%} disagree)",
            )


RULE = Rule(
    "EVL003", "warning", "the set is too small for max_regression", "Miller 2024; Connor 1987 (McNemar)", _check
)
