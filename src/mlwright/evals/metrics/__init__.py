"""The port of a metric: one example and what came out, to a number from 0 to 1."""

from abc import abstractmethod
from typing import ClassVar, Literal, Protocol

from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample
from mlwright.kernel.parts import Facts, Part

Measures = Literal["retrieval", "citations", "answer"]


class MetricFacts(Facts):
    """Which part of an answer a metric looks at: the passages that were found, the citations, or what is said."""

    measures: Measures = "answer"


class Metric(Protocol):
    """Contract: pure; None where the metric does not apply to the example (it is then left out of the mean, and `n`
    says so); otherwise a number from 0 (worst) to 1 (best)."""

    def score(self, example: EvalExample, outcome: Outcome) -> float | None: ...


class MetricPart(Part):
    """In a gate a metric is written as its name, `mrr`, or with a depth, `recall@5`, which sets `k`."""

    measures: ClassVar[Measures] = "answer"

    def facts(self) -> MetricFacts:
        return MetricFacts(measures=self.measures)

    @abstractmethod
    def build(self) -> Metric: ...
