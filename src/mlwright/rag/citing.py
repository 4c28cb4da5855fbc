"""Citations: each mark [n] in an answer is resolved to the exact words of a passage that was shown, or taken out.

The claim of a mark is the text before it. Where that text, or what it puts in quotation marks, stands in the passage
word for word, it is the quote. Otherwise (models that write) the quote is the sentence of the passage that shares most
with the claim. A mark whose passage does not hold the claim while another one clearly does gets that one's number; a
mark that nothing supports goes. Marks inside code are left as they are.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mlwright.rag.context import Shown
from mlwright.rag.marks import Code, Item, Mark, MarkReader, arm
from mlwright.rag.sentences import content, likeness, sentences
from mlwright.rag.types import Citation

_QUOTING = "\"'“”„«»‘’ \t\r\n>*-•"
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]{12,400})[\"”“»]")
_LONGEST_CLAIM = 4000
_CLEARLY = 0.5
"""How alike a claim and a sentence of another passage must be for a wrong number to be put right."""
_FAR_BETTER = 2.5
"""And how much more alike than in the passage that the mark names."""

Pages = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Cited:
    """An answer as it is kept: marks that nothing supports are out of the text."""

    text: str
    citations: tuple[Citation, ...]
    repaired: int = 0
    dropped: int = 0


@dataclass(slots=True)
class Citer:
    """Reads an answer while it is made. `pages` holds the page offsets of each version id."""

    shown: Sequence[Shown]
    pages: Pages
    repaired: int = 0
    dropped: int = 0
    _said: list[str] = field(default_factory=list)
    _found: dict[tuple[int, int, int], Citation] = field(default_factory=dict)
    _reader: MarkReader = field(default_factory=MarkReader)
    _since: str = ""
    _claim: str = ""
    _given: set[int] = field(default_factory=set)

    def feed(self, piece: str) -> Iterator[str | Citation]:
        """What can be shown now; a citation comes before the text that holds its mark."""
        for item in self._reader.feed(piece):
            yield from self._taken(item)

    def end(self) -> Iterator[str | Citation]:
        """What was held back."""
        for item in self._reader.end():
            yield from self._taken(item)

    @property
    def cited(self) -> Cited:
        """The answer so far."""
        return Cited("".join(self._said).strip(), tuple(self._found.values()), self.repaired, self.dropped)

    def _taken(self, item: Item) -> Iterator[str | Citation]:
        if not isinstance(item, Mark):
            text = item.text if isinstance(item, Code) else item
            self._since += text
            self._said.append(text)
            yield text
            return
        if claim := self._since.strip(_QUOTING):
            self._claim, self._given = claim, set()
        self._since = ""
        text = item.space
        for number in item.numbers:
            citation = self._resolved(number)
            if citation is None or citation.number in self._given:
                continue
            self._given.add(citation.number)
            key = (citation.number, citation.span.start, citation.span.end)
            if key not in self._found:
                self._found[key] = citation
                yield citation
            text += f"[{citation.number}]"
        if text != item.space:
            self._said.append(text)
            yield text

    def _resolved(self, number: int) -> Citation | None:
        citation = resolve(number, self._claim, self.shown, self.pages)
        if citation is None:
            self.dropped += 1
        elif citation.number != number:
            self.repaired += 1
        return citation


def cite(text: str, shown: Sequence[Shown], pages: Pages) -> Cited:
    """Resolve every mark of a whole answer."""
    citer = Citer(shown, pages)
    for _ in (*citer.feed(text), *citer.end()):
        pass
    return citer.cited


def resolve(number: int, claim: str, shown: Sequence[Shown], pages: Pages) -> Citation | None:
    """What supports a claim: in passage `number`, or in the one that it must have meant; None where nothing does."""
    named = next((one for one in shown if one.number == number), None)
    found = _verbatim(claim, named.text) if named else None
    if named and found:
        return _citation(named, found, pages)
    score, place = _closest(claim, named.text) if named else (0.0, (0, 0))
    if named and score >= _CLEARLY:
        return _citation(named, place, pages)
    others = [one for one in shown if one is not named]
    for other in others:
        if found := _verbatim(claim, other.text):
            return _citation(other, found, pages)
    ranked = [(*_closest(claim, other.text), other) for other in others]
    best = max(ranked, key=lambda one: one[0], default=None)
    if best and best[0] >= max(_CLEARLY, _FAR_BETTER * score):
        return _citation(best[2], best[1], pages)
    return _citation(named, place, pages) if named and score > 0 else None


def supporting(claim: str, shown: Sequence[Shown], pages: Pages) -> Citation | None:
    """The passage that clearly supports a claim without a mark."""
    for one in shown:
        if found := _verbatim(claim, one.text):
            return _citation(one, found, pages)
    ranked = [(*_closest(claim, one.text), one) for one in shown]
    best = max(ranked, key=lambda one: one[0], default=None)
    return _citation(best[2], best[1], pages) if best and best[0] >= _CLEARLY else None


def _citation(shown: Shown, found: tuple[int, int], pages: Pages) -> Citation:
    start, end = found[0] + shown.start, found[1] + shown.start
    chunk = shown.holder(start, end)
    return Citation(
        number=shown.number,
        chunk=chunk.ref,
        version=chunk.version,
        document=chunk.document,
        key=chunk.key,
        title=chunk.title,
        span=shown.span(start, end, pages.get(chunk.version.id, ())),
        quote=shown.text[found[0] : found[1]],
    )


def _verbatim(claim: str, text: str) -> tuple[int, int] | None:
    """Where the claim, or the longest quotation in it, stands in the text, apart from how its words are spaced."""
    armed = arm(claim)
    found = _standing(armed, text)
    if found is None and (last := _last_sentence(armed)) != armed:
        found = _standing(last.strip(_QUOTING), text)
    if found is None:
        quoted = sorted((match[1] for match in _QUOTED.finditer(armed)), key=len, reverse=True)
        found = next((place for quote in quoted if (place := _standing(quote.strip(" .,;"), text))), None)
    return found


def _standing(words: str, text: str) -> tuple[int, int] | None:
    if not words or len(words) > _LONGEST_CLAIM:
        return None
    at = text.find(words)
    if at >= 0:
        return at, at + len(words)
    parts = words.split()
    if len(parts) < 2 or parts[0] not in text:
        return None
    found = re.search(r"\s+".join(map(re.escape, parts)), text)
    return found.span() if found else None


def _last_sentence(claim: str) -> str:
    ends = [claim[start:end] for start, end in sentences(claim)]
    return ends[-1] if ends else ""


def _closest(claim: str, text: str) -> tuple[float, tuple[int, int]]:
    """The sentence of the text that shares most with the last sentence of the claim, else with all of it."""
    for part in dict.fromkeys((_last_sentence(claim), claim)):
        wanted = content(part)
        scored = [(likeness(wanted, content(text[start:end])), -start, end) for start, end in sentences(text)]
        score, start, end = max(scored, default=(0.0, 0, 0))
        if score > 0:
            return score, (-start, end)
    return 0.0, (0, 0)
