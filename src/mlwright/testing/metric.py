"""The suite of `mlwright.evals.metrics`: what every metric must do, for authors of metrics.

def test_my_metric():
    check_metric(Config())
"""

from itertools import product

from mlwright.evals import Cited, EvalExample, Expected, MetricPart, Outcome, Retrieved

_STRETCHES = (
    Retrieved("a.md", "the first words of a"),
    Retrieved("b.md", "words of b"),
    Retrieved("a.md", "more of a", (40, 49)),
)
_CITED = (Cited("a.md", "words", True), Cited("b.md", "nowhere", False, (0, 7)))
_EXAMPLES = (
    EvalExample("plain", "What is it?"),
    EvalExample("expected", "What is it?", "the words"),
    EvalExample("article", "What is it?", "The"),
    EvalExample("relevant", "What is it?", "words", (Expected("a.md"), Expected("b.md", "words  of\nb"))),
    EvalExample("missing", "What is it?", "words", (Expected("c.md", "nothing"),)),
    EvalExample("spans", "What is it?", "words", (Expected("a.md", span=(45, 60)), Expected("b.md", "words"))),
    EvalExample("unanswerable", "What is it?", unanswerable=True),
)
_OUTCOMES = (
    Outcome(""),
    Outcome("words"),
    Outcome("words of a", _STRETCHES, _CITED),
    Outcome("", _STRETCHES, abstained=True),
    Outcome("\x00\ud800 \u2028", (Retrieved("", ""),), (Cited("", "", False),)),
)


def check_metric(part: MetricPart) -> None:
    """Run every check. Raises AssertionError that says what the metric did."""
    metric, other = part.build(), part.build()
    for example, outcome in product(_EXAMPLES, _OUTCOMES):
        score = metric.score(example, outcome)
        place = f"{part.use} on example {example.id!r} with {outcome}"
        assert score is None or isinstance(score, int | float), f"{place} gave {score!r}, not a number or None"
        assert score is None or 0 <= score <= 1, f"{place} gave {score}, not from 0 to 1"
        assert metric.score(example, outcome) == score, f"{place} gave another number the second time"
        assert other.score(example, outcome) == score, f"{place} gave another number from a second metric"
