"""Citation precision: the share of an answer's citations that point at words that were asked for."""

from typing import ClassVar, Literal

from mlwright.evals.metrics import Measures, MetricPart
from mlwright.evals.metrics._relevance import supports
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """Stricter than `citation_accuracy`: the citation has to overlap a relevant span, or share its words with a
    relevant quote, where the example gives them. An answer that cites nothing has 0."""

    use: Literal["citation_precision"] = "citation_precision"
    measures: ClassVar[Measures] = "citations"

    def build(self) -> "CitationPrecision":
        return CitationPrecision()


class CitationPrecision:
    """Applies to examples with `relevant` that the target answered."""

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        if outcome.abstained or not example.relevant:
            return None
        held = sum(any(supports(cited, expected) for expected in example.relevant) for cited in outcome.cited)
        return held / len(outcome.cited) if outcome.cited else 0.0
