"""Context: which passages a model is shown, the most relevant first, as many as the budget holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from mlwright.models import Passage
from mlwright.rag.places import told
from mlwright.rag.prompt import ShownPassage
from mlwright.rag.types import Chunk, Hit, Span


@dataclass(frozen=True, slots=True)
class Shown:
    """A stretch of one document version: one chunk, or several that overlap, as one text. `chunks` in rank order."""

    number: int
    start: int
    text: str
    score: float
    chunks: tuple[Chunk, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def holder(self, start: int, end: int) -> Chunk:
        """The chunk that holds the characters [start, end) of the document whole, else the best ranked one."""
        return next((c for c in self.chunks if c.span.start <= start and end <= c.span.end), self.chunks[0])

    def passage(self) -> Passage:
        return Passage(self.number, self.text, self.score)

    def shown(self) -> ShownPassage:
        first = min(self.chunks, key=lambda chunk: chunk.span.start)
        last = max(self.chunks, key=lambda chunk: chunk.span.end)
        span = Span(self.start, self.end, first.span.line_start, last.span.line_end, first.span.page)
        return ShownPassage(self.number, self.text, told(first.key, span), " > ".join(first.headings))


def assemble(hits: Sequence[Hit], budget: int, tokens: Callable[[str], int]) -> list[Shown]:
    """Whole chunks in the order of the hits while they fit into `budget` tokens; one that does not fit is left out, and
    the next may fit. Chunks of one version that overlap become one passage, at the rank of the better one."""
    shown: list[Shown] = []
    size = cache(tokens)
    for hit in hits:
        more = _with(shown, hit)
        if sum(size(one.text) for one in more) <= budget:
            shown = more
    return [Shown(number, one.start, one.text, one.score, one.chunks) for number, one in enumerate(shown, start=1)]


def _with(shown: list[Shown], hit: Hit) -> list[Shown]:
    """The list with one more hit; a hit that bridges two passages joins both to the first of them."""
    alone = Shown(0, hit.chunk.span.start, hit.chunk.text, hit.score, (hit.chunk,))
    touching = [one for one in shown if _overlap(one, alone)]
    if not touching:
        return [*shown, alone]
    joined = _joined(touching, alone)
    return [joined if one is touching[0] else one for one in shown if one is touching[0] or one not in touching]


def _overlap(one: Shown, other: Shown) -> bool:
    same = one.chunks[0].version == other.chunks[0].version
    return same and one.start < other.end and other.start < one.end


def _joined(touching: list[Shown], alone: Shown) -> Shown:
    """One text of passages that all overlap with `alone`, so that there are no gaps in the order of their starts."""
    first, *rest = sorted((*touching, alone), key=lambda one: one.start)
    text = first.text
    for one in rest:
        text += one.text[max(0, first.start + len(text) - one.start) :]
    parts = (*touching, alone)
    return Shown(0, first.start, text, max(one.score for one in parts), tuple(c for one in parts for c in one.chunks))
