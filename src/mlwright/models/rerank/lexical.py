"""Words of the question in each passage: how many of them, how rare they are, and how close together they stand."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from pydantic import Field

from mlwright.kernel.ids import Ref
from mlwright.kernel.units import Share
from mlwright.models.chat import ChatModel
from mlwright.models.chat._words import terms
from mlwright.models.rerank import Reranked, Reranker, RerankFacts, RerankPart, RerankRequest, scaled

_LONGEST = 20_000
"""Characters of a passage that are read."""
_CLOSE = 0.4
"""What the closeness of the words counts beside their presence."""


class Config(RerankPart):
    """Mixes the search's score with the share of the question's rarer words that a passage holds and with how close
    together they stand. No model; about a millisecond for 30 passages. It favours passages that hold the words
    themselves: right for manuals, error messages and names, wrong where people ask in other words than are written."""

    use: Literal["lexical"] = "lexical"
    weight: Share = Field(default=0.3, ge=0, le=1)
    """What the words count; the search's score has the rest."""

    def facts(self) -> RerankFacts:
        return RerankFacts(model="lexical", licence="Apache-2.0", seconds=(0.002, 0.004, 0.015))

    def build(self, chat: ChatModel | None = None) -> Reranker:
        return Lexical(self.weight)


class Lexical:
    """A Reranker. Scores lie between 0 and 1, and compare within one list only."""

    def __init__(self, weight: float) -> None:
        self.ref = Ref("model", f"lexical@1-{weight:g}")
        self._weight = weight

    async def rerank(self, request: RerankRequest) -> Reranked:
        words = closeness(request.question, request.texts)
        found = scaled(request.scores)
        return Reranked(tuple((1 - self._weight) * f + self._weight * w for f, w in zip(found, words, strict=True)))

    async def close(self) -> None:
        """Nothing is open."""


def closeness(question: str, texts: Sequence[str]) -> list[float]:
    """For each text 0 (no word of the question) to 1 (all of them, side by side). Words rare in `texts` weigh more."""
    asked = list(dict.fromkeys(terms(question[:_LONGEST])))
    held = [terms(text[:_LONGEST]) for text in texts]
    spread = Counter(word for words in held for word in set(words))
    weights = {word: math.log(1 + (len(texts) + 1) / (spread[word] + 0.5)) for word in asked}
    whole = sum(weights.values())
    if not whole:
        return [0.0] * len(texts)
    return [_score(words, weights) / whole for words in held]


def _score(words: Sequence[str], weights: Mapping[str, float]) -> float:
    present = weights.keys() & set(words)
    cover = sum(weights[word] for word in present)
    return cover * (1 - _CLOSE + _CLOSE * _together(words, present))


def _together(words: Sequence[str], present: Collection[str]) -> float:
    """1 where all words that are there stand side by side, towards 0 where the shortest stretch with all is long."""
    if len(present) < 2:
        return float(len(present))
    count: Counter[str] = Counter()
    shortest, start = len(words), 0
    for end, word in enumerate(words):
        if word not in present:
            continue
        count[word] += 1
        while words[start] not in present or count[words[start]] > 1:
            count[words[start]] -= words[start] in present
            start += 1
        if len(count) == len(present):
            shortest = min(shortest, end - start + 1)
    return len(present) / shortest
