"""Citation recall: the share of the stretches asked for that the answer cites."""

from typing import ClassVar, Literal

from mlwright.evals.metrics import Measures, MetricPart
from mlwright.evals.metrics._relevance import supports
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """A relevant stretch is cited where a citation that holds overlaps its span, or shares words with its quote."""

    use: Literal["citation_recall"] = "citation_recall"
    measures: ClassVar[Measures] = "citations"

    def build(self) -> "CitationRecall":
        return CitationRecall()


class CitationRecall:
    """Applies to examples with `relevant` that the target answered."""

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        if outcome.abstained or not example.relevant:
            return None
        held = sum(any(supports(cited, expected) for cited in outcome.cited) for expected in example.relevant)
        return held / len(example.relevant)
