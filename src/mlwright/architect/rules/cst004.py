"""A cheaper release that passed the same gate on the same questions is money that may be saved."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    for served in context.served():
        exercised = context.records.exercised.get(served.name)
        stable = exercised.stable if exercised else None
        report = next((one for one in context.records.evals.gates if one.name == served.endpoint.rollout.gate), None)
        if stable is None or report is None:
            continue
        priced = {one.target: one for one in report.compared if one.cost is not None and not one.cost.unpriced}
        now = priced.pop(stable.ref, None)
        passed = [one for one in priced.values() if one.passed and one.cost is not None]
        best = min(passed, key=lambda one: one.cost.mean if one.cost else 0.0, default=None)
        if now is None or now.cost is None or best is None or best.cost is None:
            continue
        if best.cost.high < now.cost.low:
            yield Found(
                served.path,
                f"{best.target} passed {report.name} on the same {best.cost.n} questions for {best.cost.mean:.2g} USD"
                f" each ({best.cost.low:.2g} to {best.cost.high:.2g}); {stable.ref}, which answers, costs"
                f" {now.cost.mean:.2g} ({now.cost.low:.2g} to {now.cost.high:.2g})",
            )


RULE = Rule(
    "CST004", "info", "a cheaper release passed the same gate", "evaluations in the store, intervals apart", _check,
    reads="records",
)  # fmt: skip
