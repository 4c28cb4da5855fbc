"""Context: which passages a model is shown, the most relevant first, as many as the budget holds.

A passage is a stretch of one document version: a chunk, made whole where it cuts a sentence, or several chunks that
overlap or are near neighbours, as one text.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from mlwright.models import Passage
from mlwright.rag.marks import disarm
from mlwright.rag.places import page_of, told
from mlwright.rag.prompt import ShownPassage
from mlwright.rag.types import Chunk, Hit, Span

_NEAR = 120
"""Characters between two chunks that are shown with them: a heading, a line that no chunk kept."""
_REST = 300
"""How far a cut sentence is looked for on either side."""
_ENDS = re.compile(r"[.!?…:;][\"'”’)\]*_`]*(?=\s)|[。！？]|\n")
_ENDED = re.compile(r"(?:[.!?…:;|][\"'”’)\]*_`]*|[。！？]|```|~~~)\s*\Z")

ReadText = Callable[[Chunk], str]
"""The whole text of the version that a chunk stands in; empty where it cannot be had."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A stretch of one document version. `chunks` in rank order; `start` counts in the version's text."""

    number: int
    start: int
    text: str
    score: float
    chunks: tuple[Chunk, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def holder(self, start: int, end: int) -> Chunk:
        """The chunk that holds most of the characters [start, end) of the document, the best ranked of equals."""
        return max(self.chunks, key=lambda c: min(end, c.span.end) - max(start, c.span.start))

    def span(self, start: int, end: int, pages: Sequence[int]) -> Span:
        """Where characters [start, end) of the document, which lie in this stretch, stand for a person."""
        known = self.chunks[0].span
        lines = known.line_start + self._breaks(known.start, start)
        return Span(start, end, lines, lines + self._breaks(start, max(start, end - 1)), page_of(start, pages))

    def _breaks(self, from_: int, to: int) -> int:
        """Line breaks between two places; negative where `to` comes first."""
        low, high = sorted((from_ - self.start, to - self.start))
        count = self.text.count("\n", low, high)
        return count if to >= from_ else -count

    def passage(self) -> Passage:
        return Passage(self.number, disarm(self.text), self.score)

    def shown(self) -> ShownPassage:
        first = min(self.chunks, key=lambda chunk: chunk.span.start)
        span = self.span(self.start, self.end, ())
        place = told(first.key, replace(span, page=first.span.page))
        return ShownPassage(self.number, self.text, place, " > ".join(first.headings))


def _unread(chunk: Chunk) -> str:
    return ""


def assemble(
    hits: Sequence[Hit],
    budget: int,
    tokens: Callable[[str], int],
    *,
    read: ReadText = _unread,
    before: Sequence[str] = (),
) -> list[Shown]:
    """Passages in the order of the hits while they fit into `budget` tokens; one that does not fit is left out, and the
    next may fit. Chunks of one version that overlap or nearly touch become one passage, at the rank of the better one.

    `before` names the chunks that the turn before has shown, in its order: those that are found again come first and
    in that order, so that a provider's cache still holds the start of the prompt."""
    shown: list[Shown] = []
    size = cache(tokens)
    for hit in hits:
        for one in (*_parent(hit, read), _whole(hit, read), _bare(hit)):
            more = _with(shown, one, read)
            if sum(size(part.text) for part in more) <= budget:
                shown = more
                break
    places = {id_: place for place, id_ in enumerate(before)}
    known = [one for one in shown if _place(one, places) is not None]
    fresh = [one for one in shown if _place(one, places) is None]
    ordered = (*sorted(known, key=lambda one: _place(one, places) or 0), *fresh)
    return [replace(one, number=number) for number, one in enumerate(ordered, start=1)]


def _place(one: Shown, places: dict[str, int]) -> int | None:
    return min((places[chunk.ref.id] for chunk in one.chunks if chunk.ref.id in places), default=None)


def _bare(hit: Hit) -> Shown:
    return Shown(0, hit.chunk.span.start, hit.chunk.text, hit.score, (hit.chunk,))


def _parent(hit: Hit, read: ReadText) -> Iterator[Shown]:
    """The wider stretch around a chunk that was found by a small one, with its sentences whole."""
    if hit.chunk.parent is not None and (text := read(hit.chunk)):
        start, end = _completed(text, *hit.chunk.parent)
        yield Shown(0, start, text[start:end], hit.score, (hit.chunk,))


def _whole(hit: Hit, read: ReadText) -> Shown:
    """The chunk, with the rest of the sentences that it cuts at its start and its end."""
    span = hit.chunk.span
    whole = _ENDED.search(hit.chunk.text) and _begins(hit.chunk.text, 0, span.start)
    if whole or not (text := read(hit.chunk)):
        return _bare(hit)
    start, end = _completed(text, span.start, span.end)
    return Shown(0, start, text[start:end], hit.score, (hit.chunk,))


def _begins(text: str, place: int, start: int) -> bool:
    return start == 0 or not text[place : place + 1].islower()


def _completed(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch, made longer where it cuts a sentence."""
    ends = bool(_ENDED.search(text, max(start, end - _REST), end))
    if not _begins(text, start, start):
        before = [match.end() for match in _ENDS.finditer(text, max(0, start - _REST), start)]
        rest = text[before[-1] : start] if before else ""
        start = before[-1] + len(rest) - len(rest.lstrip()) if before else start
    if not ends:
        after = _ENDS.search(text, max(0, end - 1), min(len(text), end + _REST))
        end = max(end, after.start() if after and after[0] == "\n" else after.end() if after else end)
    return start, end


def _with(shown: list[Shown], alone: Shown, read: ReadText) -> list[Shown]:
    """The list with one more stretch; one that bridges two passages joins both to the first of them."""
    near = [one for one in shown if _near(one, alone)]
    touching = [one for one in near if _gap(one, alone) <= 0 or read(alone.chunks[0])]
    if not touching:
        return [*shown, alone]
    joined = _joined(touching, alone, read)
    return [joined if one is touching[0] else one for one in shown if one is touching[0] or one not in touching]


def _near(one: Shown, other: Shown) -> bool:
    return one.chunks[0].version == other.chunks[0].version and _gap(one, other) < _NEAR


def _gap(one: Shown, other: Shown) -> int:
    """Characters between two stretches; 0 or less where they touch or overlap."""
    return max(one.start, other.start) - min(one.end, other.end)


def _joined(touching: list[Shown], alone: Shown, read: ReadText) -> Shown:
    """One text of stretches that are all near `alone`; what stands between them is read from the document."""
    first, *rest = sorted((*touching, alone), key=lambda one: one.start)
    text = first.text
    for one in rest:
        end = first.start + len(text)
        text += read(alone.chunks[0])[end : one.start] if one.start > end else ""
        text += one.text[max(0, end - one.start) :]
    parts = (*touching, alone)
    return Shown(0, first.start, text, max(one.score for one in parts), tuple(c for one in parts for c in one.chunks))
