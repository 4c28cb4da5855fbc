"""Which pieces of the passages support a question, and how well: 0 (not at all) to about 1 (all of its words)."""

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mlwright.models.chat import Passage
from mlwright.models.chat._quotes import Piece, pieces
from mlwright.models.chat._words import marked, terms

ABOVE = 0.5
"""What a word of the question counts when it stands in the heading of a piece, not in the piece."""
AROUND = 0.3
"""What it counts when it stands elsewhere in the passage."""
NAMED = 1.5
"""How much more names and numbers of the question weigh than its other words."""
ASKED = 0.15
"""What a piece gains that holds the kind of thing asked for: a number, a name."""
NEAR = 0.1
"""What a piece gains when words that stand side by side in the question do so in the piece."""
FIRST = 0.1
"""What the best passage of the retrieval gains over the last."""

_NUMBER = re.compile(
    r"\b(when|how (many|much|long|old|far|often|high|tall|large|big|fast)"
    r"|what (year|date|day|percentage|percent|number|age|time))\b",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(who|whom|whose|what is the name|which (person|team|company|country|city))\b", re.IGNORECASE)
_PLACE = re.compile(r"\b(where|in what (city|country|place|state))\b", re.IGNORECASE)
_NUMERAL = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million|billion|half|third"
    r"|dozen|once|twice)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """`support` says how much of the question the passage covers around this piece (for abstaining), `score` ranks."""

    passage: Passage
    piece: Piece
    words: frozenset[str]
    support: float
    score: float


def candidates(question: str, passages: Sequence[Passage]) -> list[Candidate]:
    """Every piece that shares a word with the question, best first."""
    cut = [(passage, pieces(passage.text)) for passage in passages]
    asked = _Question(question, [piece for _, found in cut for piece in found])
    ranked: list[Candidate] = []
    for rank, (passage, found) in enumerate(cut):
        around = set(terms(passage.text))
        first = FIRST * (1 - rank / len(cut))
        for piece in found:
            words = terms(piece.text)
            above = set(terms(piece.above))
            if not asked.share(words) and not asked.share(above):
                continue
            support = asked.cover(set(words), above, around)
            score = support + asked.gain(piece, words) + first
            ranked.append(Candidate(passage, piece, frozenset(words), support, score))
    return sorted(ranked, key=lambda candidate: -candidate.score)


class _Question:
    """The content words of a question, weighted by how few pieces hold them."""

    def __init__(self, text: str, among: Sequence[Piece]) -> None:
        words = list(dict.fromkeys(terms(text)))
        spread = Counter(word for piece in among for word in set(terms(piece.text)))
        names = marked(text)
        self._weight = {
            word: math.log(1 + (len(among) - spread[word] + 0.5) / (spread[word] + 0.5))
            * (NAMED if word in names else 1.0)
            for word in words
        }
        self._whole = sum(self._weight.values()) or 1.0
        self._pairs = set(pairwise(words))
        self._wants_number = bool(_NUMBER.search(text))
        self._wants_name = bool(_PERSON.search(text) or _PLACE.search(text))

    def cover(self, words: Collection[str], above: Collection[str], around: Collection[str]) -> float:
        """The weighted share of the question that is in the piece, above it, or around it."""
        kept = 0.0
        for word, weight in self._weight.items():
            part = 1.0 if word in words else ABOVE if word in above else AROUND if word in around else 0.0
            kept += weight * part
        return kept / self._whole

    def share(self, words: Collection[str]) -> int:
        return sum(word in self._weight for word in words)

    def gain(self, piece: Piece, words: Sequence[str]) -> float:
        """What speaks for a piece besides its words: the kind of thing asked for, and words side by side."""
        gain = 0.0
        if self._wants_number and _NUMERAL.search(piece.text):
            gain += ASKED
        if self._wants_name and marked(piece.text) - self._weight.keys():
            gain += ASKED
        if self._pairs:
            gain += NEAR * len(self._pairs & set(pairwise(words))) / len(self._pairs)
        return gain
