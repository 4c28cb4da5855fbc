"""Token F1: the overlap of words between output and expected output, as SQuAD counts it."""

from collections import Counter
from typing import Literal

from mlwright.evals.metrics import MetricPart
from mlwright.evals.metrics._text import words
from mlwright.evals.ports import Outcome
from mlwright.evals.types import EvalExample


class Config(MetricPart):
    """The harmonic mean of precision and recall of words after SQuAD's normalisation; where either side has no word
    left, 1 if neither has, else 0."""

    use: Literal["token_f1"] = "token_f1"

    def build(self) -> "TokenF1":
        return TokenF1()


class TokenF1:
    """Applies to examples with `expected_output`."""

    def score(self, example: EvalExample, outcome: Outcome) -> float | None:
        if not example.expected_output:
            return None
        said, expected = words(outcome.output), words(example.expected_output)
        if not (said and expected):
            return float(said == expected)
        common = (Counter(said) & Counter(expected)).total()
        return 2 * common / (len(said) + len(expected))
