"""When a retrieved stretch is what an example asked for."""

from mlwright.evals.metrics._text import squashed
from mlwright.evals.ports import Retrieved
from mlwright.evals.types import Expected


def found_in(expected: Expected, stretch: Retrieved) -> bool:
    """The stretch is of that document and holds its quote (white space aside); without a quote, any of it will do."""
    return stretch.document == expected.document and squashed(expected.quote) in squashed(stretch.text)
