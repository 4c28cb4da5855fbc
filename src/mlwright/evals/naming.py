"""Metrics by the names that gates give them: `mrr`, `recall@5`."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from mlwright.evals.metrics import Metric, MetricFacts, MetricPart
from mlwright.kernel.errors import NotFound, UserError
from mlwright.kernel.parts import config_of, names

SLOT = "mlwright.evals.metrics"
ALWAYS = (
    "precision@5",
    "recall@5",
    "mrr",
    "ndcg@10",
    "span_recall",
    "span_precision",
    "span_iou",
    "exact_match",
    "contains",
    "token_f1",
    "citation_accuracy",
    "citation_precision",
    "citation_recall",
    "abstention",
    "abstention_precision",
    "abstention_recall",
)
"""What every evaluation measures, whatever its gate requires: they cost nothing."""


def metric_named(name: str) -> Metric:
    """`mrr`, or with a depth `recall@5`. Raises NotFound that lists the known ones, and UserError for a wrong depth."""
    base, at, depth = name.partition("@")
    config = config_of(SLOT, base)
    if not issubclass(config, MetricPart):
        raise UserError(f"{base!r} is not a metric", hint=f"choose one of: {', '.join(names(SLOT))}")
    if not at:
        return config(use=base).build()
    if "k" not in config.model_fields:
        raise UserError(f"{base} has no depth", hint=f"write {base} instead of {name}")
    if not (depth.isascii() and depth.isdigit() and int(depth) > 0):
        raise UserError(f"{name!r} has no depth after the @", hint=f"write it like {base}@5")
    return config.model_validate({"use": base, "k": int(depth)}).build()


def facts_of(name: str) -> MetricFacts | None:
    """The facts of a metric as a gate names it; None where there is no such metric."""
    base = name.partition("@")[0]
    if base not in names(SLOT):
        return None
    facts = config_of(SLOT, base)(use=base).facts()
    return facts if isinstance(facts, MetricFacts) else None


def metrics_for(required: Iterable[str], place: str) -> dict[str, Metric]:
    """The metrics of an evaluation by name: the required ones, then those that are always measured.

    Raises what `metric_named` raises, with `place` before the message."""
    chosen: dict[str, Metric] = {}
    for name in dict.fromkeys((*required, *ALWAYS)):
        try:
            chosen[name] = metric_named(name)
        except (NotFound, UserError) as error:
            raise type(error)(f"{place}: {error.message}", hint=error.hint) from error
    return chosen


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric in words, from its file: what it is, how it is counted, and to which examples it applies. `measures` is
    the part of an answer that it looks at."""

    name: str
    what: str
    how: str
    applies: str
    measures: str


def definitions(required: Iterable[str]) -> list[Definition]:
    """What every metric of an evaluation means: the required ones first. Raises as `metric_named` does."""
    return [_definition(name) for name in dict.fromkeys((*required, *ALWAYS))]


def _definition(name: str) -> Definition:
    worker, config = type(metric_named(name)), config_of(SLOT, name.partition("@")[0])
    what, how, applies = map(_first, (sys.modules[config.__module__].__doc__, config.__doc__, worker.__doc__))
    facts = facts_of(name)
    return Definition(name, what, how, applies, facts.measures if facts else "")


def _first(doc: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((doc or "").split("\n\n")[0].split())
