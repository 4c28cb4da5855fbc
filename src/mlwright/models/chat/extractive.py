"""Quotes the sentences of the passages that answer a question: nothing is written, so nothing is made up."""

from collections.abc import AsyncIterator, Sequence
from typing import Literal

from pydantic import Field

from mlwright.kernel.ids import Ref
from mlwright.models.chat import ChatFacts, ChatModel, ChatPart, ChatRequest, Delta, Finish
from mlwright.models.chat._support import Candidate, candidates
from mlwright.models.usage import Usage

REVISION = 2
"""Raised when the same question and passages may give another answer."""
NO_ANSWER = "The documents do not answer this question."
_KEEP = 0.88
"""A further piece must score at least this share of the best one, which holds it to a passage that ranks as high."""
_ALIKE = 0.7
"""Pieces that share this much of their words say the same; the second is left out."""
_CHARS_A_TOKEN = 4
"""What the estimate of tokens counts with."""


class Config(ChatPart):
    """Quotes instead of writing: it picks the sentences, list items, table rows or code blocks that hold most of the
    question's rarer words, word for word, each with the number of its passage, and abstains where none does. It matches
    words, not meaning: a paraphrase without a common word is missed."""

    use: Literal["extractive"] = "extractive"
    quotes: int = Field(default=3, ge=1, le=10)
    """At most so many quotes in an answer."""
    support: float = Field(default=0.35, ge=0, le=1)
    """The share of the question's words, weighted by their rarity, that the best quote and what stands around it must
    hold; below it the model abstains."""

    def facts(self) -> ChatFacts:
        return ChatFacts(model="extractive", licence="Apache-2.0", writes=False)

    def build(self) -> ChatModel:
        return Extractive(self.quotes, self.support)


class Extractive:
    """A ChatModel. It reads `request.question` and `request.passages`; the messages only count as tokens."""

    def __init__(self, quotes: int, support: float) -> None:
        self.ref = Ref("model", f"extractive@{REVISION}")
        self._quotes, self._support = quotes, support

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta | Finish]:
        question = request.question or next((m.content for m in reversed(request.messages) if m.role == "user"), "")
        chosen = choose(candidates(question, request.passages), self._quotes, self._support)
        texts = written(chosen) if chosen else [NO_ANSWER]
        for text in texts:
            yield Delta(text)
        yield Finish(_usage(request, texts), "extractive", "stop" if chosen else "abstain")

    async def close(self) -> None:
        """Nothing is open."""


def choose(ranked: Sequence[Candidate], quotes: int, support: float) -> list[Candidate]:
    """The best pieces that do not repeat one another, best first; none where the best lacks support."""
    best = next((candidate for candidate in ranked if candidate.support >= support), None)
    if best is None:
        return []
    chosen = [best]
    for candidate in ranked:
        if len(chosen) == quotes or candidate.score < _KEEP * best.score:
            break
        if candidate.support >= support and not any(_alike(candidate, other) for other in chosen):
            chosen.append(candidate)
    return chosen


def written(chosen: Sequence[Candidate]) -> list[str]:
    """The quotes as they are streamed, each followed by its mark: best passage first, inside a passage in its order."""
    order = list(dict.fromkeys(candidate.passage.number for candidate in chosen))
    placed = sorted(chosen, key=lambda one: (order.index(one.passage.number), one.piece.start))
    texts: list[str] = []
    for number, candidate in enumerate(placed):
        before = placed[number - 1] if number else None
        mark = "\n[{}]" if candidate.piece.kind == "code" else " [{}]"
        texts.append(_gap(before, candidate) + candidate.piece.text + mark.format(candidate.passage.number))
    return texts


def _gap(before: Candidate | None, after: Candidate) -> str:
    """A space between sentences of one passage, a line between items of one list, an empty line otherwise."""
    if before is None:
        return ""
    kinds = {before.piece.kind, after.piece.kind}
    if before.passage.number != after.passage.number or len(kinds) > 1 or "code" in kinds:
        return "\n\n"
    return " " if kinds == {"sentence"} else "\n"


def _alike(one: Candidate, other: Candidate) -> bool:
    overlap = one.passage.number == other.passage.number and (
        one.piece.start < other.piece.end and other.piece.start < one.piece.end
    )
    common = len(one.words & other.words)
    return overlap or common >= _ALIKE * max(1, min(len(one.words), len(other.words)))


def _usage(request: ChatRequest, texts: Sequence[str]) -> Usage:
    read = sum(len(message.content) for message in request.messages)
    return Usage(read // _CHARS_A_TOKEN, sum(map(len, texts)) // _CHARS_A_TOKEN, estimated=True)
