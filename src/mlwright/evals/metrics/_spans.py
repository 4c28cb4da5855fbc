"""Characters that were asked for and characters that were found, for the metrics of character spans.

Definitions of Smith and Troynikov (2024), "Evaluating chunking strategies for retrieval": a character that is retrieved
twice is paid twice, and counts once as found. A relevant stretch without a span, but with a quote, is found whole where
a retrieved stretch of its document holds the quote (white space aside), else not at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlwright.evals.metrics._text import squashed
from mlwright.evals.ports import Retrieved
from mlwright.evals.types import Expected

Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Characters: `asked` for, `found` of those, and `read` in all retrieved stretches together; `used` are those that
    were read and asked for, at most `read` where two relevant quotes share words."""

    asked: int
    found: int
    read: int

    @property
    def used(self) -> int:
        return min(self.found, self.read)


def overlap(relevant: Sequence[Expected], retrieved: Sequence[Retrieved]) -> Overlap | None:
    """None where no relevant stretch says where it stands or what it says."""
    asked, found = _of_spans(relevant, retrieved)
    for document, quote in dict.fromkeys((one.document, squashed(one.quote)) for one in relevant if one.span is None):
        stretches = (one for one in retrieved if one.document == document)
        asked += len(quote)
        found += len(quote) if any(quote in squashed(one.text) for one in stretches) else 0
    return Overlap(asked, found, sum(_length(one) for one in retrieved)) if asked else None


def _of_spans(relevant: Sequence[Expected], retrieved: Sequence[Retrieved]) -> tuple[int, int]:
    asked = found = 0
    for document in dict.fromkeys(one.document for one in relevant if one.span):
        wanted = merged(one.span for one in relevant if one.document == document and one.span)
        got = merged(one.span for one in retrieved if one.document == document and one.span)
        asked += sum(end - start for start, end in wanted)
        found += shared(wanted, got)
    return asked, found


def merged(spans: Iterable[tuple[int, int]]) -> Spans:
    """In order, without overlap."""
    out: Spans = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def shared(some: Spans, others: Spans) -> int:
    """Characters in both; each side is without overlap."""
    return sum(
        max(0, min(end, other_end) - max(start, other_start))
        for start, end in some
        for other_start, other_end in others
    )


def _length(stretch: Retrieved) -> int:
    return stretch.span[1] - stretch.span[0] if stretch.span else len(stretch.text)
