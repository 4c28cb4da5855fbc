"""Span precision: the share of the characters retrieved that were asked for."""

from typing import ClassVar, Literal

from pydantic import Field

from mlwright.evals.metrics import Measures, MetricPart
from mlwright.evals.metrics._spans import overlap
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """Characters of the relevant spans that were found, divided by all characters of the first `k` retrieved stretches;
    what is retrieved twice is paid twice. It falls as chunks grow, while span recall rises: look at both."""

    use: Literal["span_precision"] = "span_precision"
    measures: ClassVar[Measures] = "retrieval"
    k: int | None = Field(default=None, ge=1)
    """How many of the retrieved stretches count, best first; all of them where it is left out."""

    def build(self) -> "SpanPrecision":
        return SpanPrecision(self.k)


class SpanPrecision:
    """Applies to examples whose relevant stretches have a span or a quote."""

    def __init__(self, k: int | None) -> None:
        self._k = k

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        both = overlap(example.relevant, outcome.retrieved[: self._k])
        return None if both is None else both.used / both.read if both.read else 0.0
