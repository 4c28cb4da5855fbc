"""Recall: the share of the expected stretches that are among the first `k` retrieved ones."""

from typing import ClassVar, Literal

from pydantic import Field

from mlwright.evals.metrics import Measures, MetricPart
from mlwright.evals.metrics._relevance import found_in
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """An expected stretch is found where a retrieved one of its document holds its quote (white space aside), or,
    without a quote, where any stretch of its document is retrieved."""

    use: Literal["recall"] = "recall"
    measures: ClassVar[Measures] = "retrieval"
    k: int | None = Field(default=None, ge=1)
    """How many of the retrieved stretches count, best first; all of them where it is left out."""

    def build(self) -> "Recall":
        return Recall(self.k)


class Recall:
    """Applies to examples with `relevant`."""

    def __init__(self, k: int | None) -> None:
        self._k = k

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        if not example.relevant:
            return None
        top = outcome.retrieved[: self._k]
        found = sum(any(found_in(expected, stretch) for stretch in top) for expected in example.relevant)
        return found / len(example.relevant)
