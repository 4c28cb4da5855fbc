"""Span IoU: characters found, divided by all that were asked for or retrieved."""

from typing import ClassVar, Literal

from pydantic import Field

from mlwright.evals.metrics import Measures, MetricPart
from mlwright.evals.metrics._spans import overlap
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """The intersection over the union of the characters asked for and those of the first `k` retrieved stretches, where
    what is retrieved twice is paid twice: one number that both lost and needless characters lower."""

    use: Literal["span_iou"] = "span_iou"
    measures: ClassVar[Measures] = "retrieval"
    k: int | None = Field(default=None, ge=1)
    """How many of the retrieved stretches count, best first; all of them where it is left out."""

    def build(self) -> "SpanIou":
        return SpanIou(self.k)


class SpanIou:
    """Applies to examples whose relevant stretches have a span or a quote."""

    def __init__(self, k: int | None) -> None:
        self._k = k

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        both = overlap(example.relevant, outcome.retrieved[: self._k])
        return None if both is None else both.used / (both.read + both.asked - both.used)
