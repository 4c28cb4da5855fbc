"""Abstention recall: of the examples without an answer, the share that the target abstained from."""

from typing import Literal

from mlwright.evals.metrics import MetricPart
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """Low where it answers though there is no answer. `n` is the number of `unanswerable` examples."""

    use: Literal["abstention_recall"] = "abstention_recall"

    def build(self) -> "AbstentionRecall":
        return AbstentionRecall()


class AbstentionRecall:
    """Applies to `unanswerable` examples; 0 or 1."""

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        return float(outcome.abstained) if example.unanswerable else None
