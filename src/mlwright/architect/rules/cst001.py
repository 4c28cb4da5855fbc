"""A system that costs more than it may is found out by the plan, before the bill."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    yield from _budget(context)
    for served in context.served():
        limit, cost = served.endpoint.slo.cost_per_request, context.plan.endpoints.get(served.name)
        if limit is not None and cost is not None and cost.likely > limit:
            yield Found(
                f"{served.path}.slo.cost_per_request",
                f"a request costs {cost.likely:.5f} USD ({cost.low:.5f} to {cost.high:.5f}), and {limit:g} is promised",
            )


def _budget(context: Context) -> Iterator[Found]:
    """Lines without a price are left out here (CST002 tells of them): what is known may be too much already."""
    budget = context.blueprint.system.budget
    priced = [(planned.month, planned.line) for planned in context.plan.lines if planned.month is not None]
    total = sum(month.likely for month, _ in priced)
    if budget is None or total <= budget:
        return
    most, line = max(priced, key=lambda pair: pair[0].likely)
    low, high = sum(month.low for month, _ in priced), sum(month.high for month, _ in priced)
    yield Found(
        "system.budget",
        f"{total:,.0f} USD a month are planned ({low:,.0f} to {high:,.0f}), and the budget is {budget:,.0f};"
        f" {most.likely / total:.0%} of it is {line.what} ({line.path})",
    )


RULE = Rule("CST001", "error", "the plan is over budget or over the promised cost", "mlwright plan", _check)
