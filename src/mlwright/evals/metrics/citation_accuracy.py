"""Citation accuracy: the share of an answer's citations that stand where they point, and point where they should."""

from typing import ClassVar, Literal

from mlwright.evals.metrics import Measures, MetricPart
from mlwright.evals.ports import Cited, Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """A citation counts where its quote stands verbatim in its document and, where the example names relevant
    documents, the document is one of them. An answer that cites nothing has 0; an abstention is not scored."""

    use: Literal["citation_accuracy"] = "citation_accuracy"
    measures: ClassVar[Measures] = "citations"

    def build(self) -> "CitationAccuracy":
        return CitationAccuracy()


class CitationAccuracy:
    """Applies where the target answered."""

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        if outcome.abstained:
            return None
        if not outcome.cited:
            return 0.0
        relevant = {expected.document for expected in example.relevant}
        return sum(_holds(cited, relevant) for cited in outcome.cited) / len(outcome.cited)


def _holds(cited: Cited, relevant: set[str]) -> bool:
    return cited.resolves and (not relevant or cited.document in relevant)
