"""When a retrieved stretch, or a citation, is what an example asked for."""

from mlwright.evals.metrics._text import squashed
from mlwright.evals.ports import Cited, Retrieved
from mlwright.evals.types import Expected


def found_in(expected: Expected, stretch: Retrieved) -> bool:
    """The stretch is of that document and holds its quote (white space aside), or at least half of its span where both
    places are known; where neither is given, any stretch of the document will do."""
    if stretch.document != expected.document:
        return False
    if expected.span and stretch.span:
        (start, end), (first, last) = expected.span, stretch.span
        return 2 * (min(end, last) - max(start, first)) >= end - start
    return squashed(expected.quote) in squashed(stretch.text)


def supports(cited: Cited, expected: Expected) -> bool:
    """The citation resolves and shares words with what was expected: their spans overlap, or one quote holds the other;
    where only the document is given, any citation into it will do."""
    if not cited.resolves or cited.document != expected.document:
        return False
    if expected.span and cited.span:
        return cited.span[0] < expected.span[1] and expected.span[0] < cited.span[1]
    ours, theirs = squashed(cited.quote), squashed(expected.quote)
    return theirs in ours or (bool(ours) and ours in theirs)
