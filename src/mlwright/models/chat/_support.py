"""Which pieces of the passages support a question, and how well: 0 (not at all) to 1 (all of its words).

The weights are tuned on half of `benchmarks/extractive.py`, where they are flat: half or double of each changes little.
Rewards for a number or a name where the question asks for one, and for words side by side, were tried and gained
nothing.
"""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mlwright.models.chat import Passage
from mlwright.models.chat._quotes import Piece, pieces
from mlwright.models.chat._words import marked, terms

ABOVE = 0.5
"""What a word of the question counts when it stands in the heading of a piece, not in the piece."""
AROUND = 0.3
"""What it counts when it stands elsewhere in the passage."""
NAMED = 1.5
"""How much more names and numbers of the question weigh than its other words."""
FIRST = 1.0
"""What the best passage of the retrieval gains over one without a score: as much as all words of the question, since a
search by meaning often ranks right what has few words in common."""
CODE = 0.7
"""How much less a code block ranks than a sentence with the same words: it holds many words and says little."""


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
    top = max((passage.score for passage in passages), default=0.0)
    ranked: list[Candidate] = []
    for rank, (passage, found) in enumerate(cut):
        around = set(terms(passage.text))
        first = FIRST * (passage.score / top if top else 1 - rank / len(cut))
        for piece in found:
            words = terms(piece.text)
            above = set(terms(piece.above))
            if not asked.share(words) and not asked.share(above):
                continue
            support = asked.cover(set(words), above, around)
            score = (support + first) * (CODE if piece.kind == "code" else 1.0)
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

    def cover(self, words: Collection[str], above: Collection[str], around: Collection[str]) -> float:
        """The weighted share of the question that is in the piece, above it, or around it."""
        kept = 0.0
        for word, weight in self._weight.items():
            part = 1.0 if word in words else ABOVE if word in above else AROUND if word in around else 0.0
            kept += weight * part
        return kept / self._whole

    def share(self, words: Collection[str]) -> int:
        return sum(word in self._weight for word in words)
