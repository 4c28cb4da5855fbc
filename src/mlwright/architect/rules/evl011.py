"""An evaluation that takes long is not waited for."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule

_MOST = 300.0


def _check(context: Context) -> Iterator[Found]:
    for report in context.records.evals.gates:
        took = report.latest.took if report.latest else None
        if report.latest is not None and took is not None and took > _MOST:
            cases = max((value.n for value in report.latest.metrics.values()), default=0)
            yield Found(
                f"evals.gates.{report.name}",
                f"the last evaluation took {took / 60:.1f} minutes for about {cases} examples; five are"
                " what people wait for: a smaller set for each change, the whole one at night",
            )


RULE = Rule(
    "EVL011", "info", "evaluation takes longer than five minutes", "Humble and Farley 2010 (Continuous Delivery)",
    _check, reads="records",
)  # fmt: skip
