"""Measuring costs money too. Past a quarter of what it guards, sample less or ask a cheaper way."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule

_MOST = 0.25


def _check(context: Context) -> Iterator[Found]:
    priced = [(one.line.path, one.month.likely, one.endpoint) for one in context.plan.lines if one.month is not None]
    serving = sum(month for _, month, endpoint in priced if endpoint)
    measuring = {path: month for path, month, _ in priced if path.startswith("evals.")}
    total = sum(measuring.values())
    if serving and total > _MOST * serving:
        most = max(measuring, key=lambda path: measuring[path])
        yield Found(
            most,
            f"evaluations cost {total:,.0f} USD a month, {total / serving:.0%} of the {serving:,.0f} for serving;"
            f" {measuring[most] / total:.0%} of it is this",
        )


RULE = Rule("CST005", "warning", "evaluation costs over a quarter of serving", "mlwright plan", _check)
