"""A mean can pass while one group of questions fails. A slice whose whole interval lies outside the bound is one."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    gates = context.blueprint.evals.gates
    for report in context.records.evals.gates:
        if report.latest is None:
            continue
        for tag, metrics in report.slices.items():
            for metric, value in metrics.items():
                bound, mean = gates[report.name].require[metric], report.latest.metrics.get(metric)
                passes = mean is not None and bound.holds(mean.mean)
                if passes and mean is not None and not bound.holds(value.low) and not bound.holds(value.high):
                    yield Found(
                        f"evals.gates.{report.name}.require",
                        f"{metric} of the {value.n} examples with the tag {tag!r} is {value.mean:.3f} [{value.low:.3f},"
                        f" {value.high:.3f}], surely outside {bound}; the mean of all is {mean.mean:.3f}",
                    )


RULE = Rule(
    "MOD004", "warning", "a slice fails what the mean passes", "Breck et al. 2017 (ML Test Score), model 6", _check,
    reads="records",
)  # fmt: skip
