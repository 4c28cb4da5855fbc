"""nDCG: how early the relevant documents come, against the best order there could be."""

import math
from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field

from mlwright.evals.metrics import Measures, MetricPart
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """As trec_eval has it: linear gain, discounted by the logarithm to base 2 of the place plus one.

    It ranks documents: each stands where its first stretch stands, and is relevant (gain 1) or not, whatever the quote.
    Ties stay in the order in which they were retrieved."""

    use: Literal["ndcg"] = "ndcg"
    measures: ClassVar[Measures] = "retrieval"
    k: int | None = Field(default=None, ge=1)
    """How many documents count; all of them where it is left out."""

    def build(self) -> "Ndcg":
        return Ndcg(self.k)


class Ndcg:
    """Applies to examples with `relevant`."""

    def __init__(self, k: int | None) -> None:
        self._k = k

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        relevant = {expected.document for expected in example.relevant}
        if not relevant:
            return None
        ranked = list(dict.fromkeys(stretch.document for stretch in outcome.retrieved))[: self._k]
        ideal = [1.0] * min(len(relevant), self._k or len(relevant))
        return dcg(float(document in relevant) for document in ranked) / dcg(ideal)


def dcg(gains: Iterable[float]) -> float:
    """Discounted cumulative gain of the documents in this order."""
    return math.fsum(gain / math.log2(place + 1) for place, gain in enumerate(gains, start=1))
