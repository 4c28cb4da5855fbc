"""Abstention: whether the target abstained exactly where there is no answer."""

from typing import Literal

from mlwright.evals.metrics import MetricPart
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """1 where it abstained from an `unanswerable` example or answered another one, else 0."""

    use: Literal["abstention"] = "abstention"

    def build(self) -> "Abstention":
        return Abstention()


class Abstention:
    """Applies to every example; 0 or 1."""

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        return float(outcome.abstained == example.unanswerable)
