"""Citations: each mark [n] in an answer is resolved to the exact words of a passage that was shown, or taken out.

The claim of a mark is the text before it. Where that text stands in the passage word for word (models that quote), it
is the quote. Otherwise (models that write) the quote is the sentence of the passage that shares most with the claim;
with no word in common, the mark supports nothing and goes.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlwright.rag.context import Shown
from mlwright.rag.places import within
from mlwright.rag.types import Citation

_MARK = re.compile(r"\s*\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
_MAYBE_MARK = re.compile(r"\s*\[[\d\s,;]*\Z|\s+\Z")
_SENTENCE = re.compile(r"\S(?:.*?)(?:[.!?…][\"'”’)\]]*(?=\s|\Z)|(?=\n\s*\n)|(?=\n\s*[-*|#>])|\Z)", re.DOTALL)
_WORD = re.compile(r"\w+")
_QUOTING = "\"'“”„«»‘’ \t\r\n>*-•"
_LONGEST_CLAIM = 4000
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by for from has have he in is it its not of on or she that the their there they this"
        " to was were which will with you your der die das ein eine ist sind und oder nicht mit von zu im den dem des",
    )
)


@dataclass(frozen=True, slots=True)
class Cited:
    """An answer as it is kept: marks that nothing supports are out of the text."""

    text: str
    citations: tuple[Citation, ...]


def cite(text: str, shown: Sequence[Shown], pages: Mapping[str, Sequence[int]]) -> Cited:
    """Resolve every mark of `text`. `pages` holds the page offsets of each version id."""
    numbered = {one.number: one for one in shown}
    citations: dict[tuple[int, int, int], Citation] = {}
    kept: list[str] = []
    end, claim = 0, ""
    for mark in _MARK.finditer(text):
        before = text[end : mark.start()]
        claim = before.strip(_QUOTING) or claim
        kept.append(before)
        end = mark.end()
        good = []
        for number in _numbers(mark):
            found = _resolved(number, claim, numbered[number], pages) if number in numbered else None
            if found is not None:
                good.append(number)
                citations.setdefault((number, found.span.start, found.span.end), found)
        kept.append(_written(mark, good))
    kept.append(text[end:])
    return Cited("".join(kept).strip(), tuple(citations.values()))


class Marks:
    """Takes unknown marks out of a stream of text, holding back only what may still become a mark."""

    def __init__(self, numbers: Collection[int]) -> None:
        self._numbers, self._held = numbers, ""

    def feed(self, text: str) -> str:
        """What can be shown now."""
        self._held += text
        maybe = _MAYBE_MARK.search(self._held)
        cut = maybe.start() if maybe else len(self._held)
        ready, self._held = self._held[:cut], self._held[cut:]
        return self._cleaned(ready)

    def rest(self) -> str:
        """What was held back, at the end."""
        rest, self._held = self._held, ""
        return self._cleaned(rest)

    def _cleaned(self, text: str) -> str:
        return _MARK.sub(lambda mark: _written(mark, [n for n in _numbers(mark) if n in self._numbers]), text)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text start and end; list items and paragraphs end one too."""
    for match in _SENTENCE.finditer(text):
        end = match.start() + len(match[0].rstrip())
        if end > match.start():
            yield match.start(), end


def _numbers(mark: re.Match[str]) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", mark[1])]


def _written(mark: re.Match[str], numbers: Sequence[int]) -> str:
    """The mark with these numbers only, with the space that stood before it."""
    if not numbers:
        return ""
    space = mark[0][: mark[0].index("[")]
    return space + "".join(f"[{number}]" for number in numbers)


def _resolved(number: int, claim: str, shown: Shown, pages: Mapping[str, Sequence[int]]) -> Citation | None:
    found = _verbatim(claim, shown.text) or _closest(claim, shown.text)
    if found is None:
        return None
    start, end = found[0] + shown.start, found[1] + shown.start
    chunk = shown.holder(start, end)
    start, end = max(start, chunk.span.start), min(end, chunk.span.end)
    return Citation(
        number=number,
        chunk=chunk.ref,
        version=chunk.version,
        document=chunk.document,
        key=chunk.key,
        title=chunk.title,
        span=within(chunk, start, end, pages.get(chunk.version.id, ())),
        quote=chunk.text[start - chunk.span.start : end - chunk.span.start],
    )


def _verbatim(claim: str, text: str) -> tuple[int, int] | None:
    """Where the claim stands in the text, apart from how its words are spaced."""
    if not claim or len(claim) > _LONGEST_CLAIM:
        return None
    at = text.find(claim)
    if at >= 0:
        return at, at + len(claim)
    found = re.search(r"\s+".join(map(re.escape, claim.split())), text)
    return found.span() if found else None


def _closest(claim: str, text: str) -> tuple[int, int] | None:
    """The sentence of the text that shares most with the last sentence of the claim; None where it shares nothing."""
    ends = [claim[start:end] for start, end in sentences(claim)]
    for part in dict.fromkeys((*ends[-1:], claim)):
        wanted = _content(part)
        scored = [(_overlap(wanted, _content(text[start:end])), -start, end) for start, end in sentences(text)]
        score, start, end = max(scored, default=(0.0, 0, 0))
        if score > 0:
            return -start, end
    return None


def _overlap(wanted: frozenset[str], found: frozenset[str]) -> float:
    """Dice's coefficient of two sets of words."""
    both = len(wanted & found)
    return 2 * both / (len(wanted) + len(found)) if both else 0.0


def _content(text: str) -> frozenset[str]:
    """The words of a text that say something, shortened to what endings leave alone."""
    words = (word.casefold() for word in _WORD.findall(text))
    return frozenset(word[:6] for word in words if word not in _COMMON and (len(word) > 2 or word.isdigit()))
