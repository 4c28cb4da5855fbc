"""Exact match: whether the output is the expected one, after the normalisation of SQuAD."""

from typing import Literal

from mlwright.evals.metrics import MetricPart
from mlwright.evals.metrics._text import words
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """Case, ASCII punctuation, English articles and white space do not count (Rajpurkar et al. 2016)."""

    use: Literal["exact_match"] = "exact_match"

    def build(self) -> "ExactMatch":
        return ExactMatch()


class ExactMatch:
    """Applies to examples with `expected_output`; 0 or 1."""

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        if not example.expected_output:
            return None
        return float(words(outcome.output) == words(example.expected_output))
