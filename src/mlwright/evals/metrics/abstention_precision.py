"""Abstention precision: of the examples that the target abstained from, the share without an answer."""

from typing import Literal

from mlwright.evals.metrics import MetricPart
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """Low where it abstains though there is an answer. `n` is the number of abstentions."""

    use: Literal["abstention_precision"] = "abstention_precision"

    def build(self) -> "AbstentionPrecision":
        return AbstentionPrecision()


class AbstentionPrecision:
    """Applies where the target abstained; 0 or 1."""

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        return float(example.unanswerable) if outcome.abstained else None
