"""Who runs a system of high risk has to be able to say afterwards what it did, for half a year at least."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule

_LEAST_DAYS = 183


def _check(context: Context) -> Iterator[Found]:
    days = context.records.trace_days
    if context.blueprint.system.risk == "high" and days < _LEAST_DAYS:
        yield Found(
            "serving.traces" if context.blueprint.says("serving.traces.keep") else "system.risk",
            f"traces are forgotten after {days:g} days; six months are the least: write keep: {_LEAST_DAYS}d below"
            " serving.traces",
        )


RULE = Rule(
    "GOV002", "warning", "high risk without logs of six months", "EU AI Act, articles 12 and 26(6)", _check,
    reads="records",
)  # fmt: skip
