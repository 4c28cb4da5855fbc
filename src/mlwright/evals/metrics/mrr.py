"""Mean reciprocal rank: 1 / the place of the first retrieved stretch that was expected, 0 where none was."""

from typing import ClassVar, Literal

from pydantic import Field

from mlwright.evals.metrics import Measures, MetricPart
from mlwright.evals.metrics._relevance import found_in
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """Places are counted in the order in which the stretches were retrieved, which is also how ties are settled."""

    use: Literal["mrr"] = "mrr"
    measures: ClassVar[Measures] = "retrieval"
    k: int | None = Field(default=None, ge=1)
    """How many of the retrieved stretches count; all of them where it is left out."""

    def build(self) -> "ReciprocalRank":
        return ReciprocalRank(self.k)


class ReciprocalRank:
    """Applies to examples with `relevant`."""

    def __init__(self, k: int | None) -> None:
        self._k = k

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        if not example.relevant:
            return None
        for place, stretch in enumerate(outcome.retrieved[: self._k], start=1):
            if any(found_in(expected, stretch) for expected in example.relevant):
                return 1 / place
        return 0.0
