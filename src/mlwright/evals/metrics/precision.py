"""Precision: the share of the first `k` retrieved stretches that were asked for."""

from typing import ClassVar, Literal

from pydantic import Field

from mlwright.evals.metrics import Measures, MetricPart
from mlwright.evals.metrics._relevance import found_in
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """As trec_eval has it, over stretches: relevant ones among the first `k`, divided by `k` even where fewer were
    retrieved. Without `k` it is divided by the number that was retrieved, and 0 where that is none."""

    use: Literal["precision"] = "precision"
    measures: ClassVar[Measures] = "retrieval"
    k: int | None = Field(default=None, ge=1)
    """How many of the retrieved stretches count, best first; all of them where it is left out."""

    def build(self) -> "Precision":
        return Precision(self.k)


class Precision:
    """Applies to examples with `relevant`."""

    def __init__(self, k: int | None) -> None:
        self._k = k

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        if not example.relevant:
            return None
        top = outcome.retrieved[: self._k]
        hits = sum(any(found_in(expected, stretch) for expected in example.relevant) for stretch in top)
        return hits / (self._k or len(top) or 1)
