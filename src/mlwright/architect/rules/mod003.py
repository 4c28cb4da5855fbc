"""A gate with bounds alone lets every release be a little worse than the one before, down to the bound."""

from collections.abc import Iterator
from math import ceil

from mlwright.architect.context import Context
from mlwright.architect.power import smallest_drop
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit


def _check(context: Context) -> Iterator[Found]:
    guarding = {served.endpoint.rollout.gate: served.path for served in context.served()}
    for name, gate in context.blueprint.evals.gates.items():
        if name in guarding and gate.max_regression is None:
            cases = context.cases(gate.set) or context.blueprint.evals.sets[gate.set].min_cases
            path = f"evals.gates.{name}"
            seen = smallest_drop(cases) if cases else 0.0
            shown = f"; {cases} cases show drops from {seen:.3f}" if cases else ""
            patch = (Edit(f"{path}.max_regression", f"{ceil(seen * 100)}%"),) if 0 < seen < 1 else ()
            yield Found(
                path, f"it guards {guarding[name]} and compares nothing with the release in production{shown}", patch
            )


RULE = Rule(
    "MOD003", "error", "promotion without a look at production", "Breck et al. 2017 (ML Test Score), infra 4", _check,
    softens=True,
)  # fmt: skip
