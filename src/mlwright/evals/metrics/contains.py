"""Contains: whether every word of the expected output stands in the output, in any order."""

from collections import Counter
from typing import Literal

from mlwright.evals.metrics import MetricPart
from mlwright.evals.metrics._text import words
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """Words are those of SQuAD's normalisation; a word that is expected twice must stand there twice. For answers in
    sentences, where an exact match asks too much."""

    use: Literal["contains"] = "contains"

    def build(self) -> "Contains":
        return Contains()


class Contains:
    """Applies to examples whose `expected_output` holds a word; 0 or 1."""

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        expected = Counter(words(example.expected_output))
        return float(expected <= Counter(words(outcome.output))) if expected else None
