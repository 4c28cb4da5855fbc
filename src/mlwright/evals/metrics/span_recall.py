"""Span recall: the share of the characters asked for that the first `k` retrieved stretches hold."""

from typing import ClassVar, Literal

from pydantic import Field

from mlwright.evals.metrics import Measures, MetricPart
from mlwright.evals.metrics._spans import overlap
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """Characters of the relevant spans that stand in a retrieved stretch, divided by all of them. A relevant stretch
    with a quote and no span counts whole where a stretch holds it."""

    use: Literal["span_recall"] = "span_recall"
    measures: ClassVar[Measures] = "retrieval"
    k: int | None = Field(default=None, ge=1)
    """How many of the retrieved stretches count, best first; all of them where it is left out."""

    def build(self) -> "SpanRecall":
        return SpanRecall(self.k)


class SpanRecall:
    """Applies to examples whose relevant stretches have a span or a quote."""

    def __init__(self, k: int | None) -> None:
        self._k = k

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        both = overlap(example.relevant, outcome.retrieved[: self._k])
        return None if both is None else both.found / both.asked
