"""People ask other things than a year ago, about other documents. A set that stays as it was measures the past."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule

_DAY = 86_400.0


def _check(context: Context) -> Iterator[Found]:
    for report in context.records.evals.sets:
        most = context.blueprint.evals.sets[report.name].max_age
        age = (context.records.now - report.since).total_seconds() if report.since else 0.0
        if age > most:
            yield Found(
                f"evals.sets.{report.name}",
                f"its {report.cases} examples are as they were on {report.since:%Y-%m-%d}, {age / _DAY:.0f} days ago;"
                f" max_age is {most / _DAY:.0f} days: look at what people ask now",
            )


RULE = Rule(
    "EVL008", "warning", "an eval set that grew old", "field practice: refresh of golden sets", _check,
    reads="records", softens=True,
)  # fmt: skip
