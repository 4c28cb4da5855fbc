"""A gate that cannot see the drop it forbids lets it pass. How small a drop a set shows is decided by its size.

Two releases answer the same n cases, and their scores are compared case by case. The smallest true drop that is found
with 80 % power at a two-sided 5 % is (1.96 + 0.84) x s / sqrt(n), with s the standard deviation of the differences
(Miller 2024, "Adding error bars to evals"). Where each case is right or wrong, s is at most the root of the share of
cases on which the two disagree (Connor 1987 on McNemar's test). That share is not known before; 5 % is assumed, as for
two releases that differ in one setting.
"""

from collections.abc import Iterator
from math import ceil, sqrt

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.evals import detectable_drop

DISCORDANT = 0.05
"""Cases on which two releases disagree."""


def smallest_drop(cases: int) -> float:
    """The smallest drop of a share that so many paired cases show."""
    return detectable_drop(cases, sqrt(DISCORDANT))


def cases_needed(drop: float) -> int:
    """The cases that show a drop of a share."""
    return ceil((smallest_drop(1) / drop) ** 2)


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
