"""Rules in English: tidy the question, join it with those before it, add synonyms, take comparisons apart."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from mlwright.models import ChatModel
from mlwright.rag.rewriters import Query, Rewriter, RewriterPart, Rewritten
from mlwright.rag.rewriters._compare import sides
from mlwright.rag.rewriters._condense import condensed
from mlwright.rag.types import Turn

LONGEST = 8_000
"""Characters of a question that are searched: more is a document, and no embedding model reads it whole."""
_POLITE = re.compile(
    r"^(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|dear \w+)\b[\s,!.]*)*"
    r"(?:(?:please|kindly)\s+)?"
    r"(?:(?:can|could|would|will) (?:you|someone|anybody) (?:please )?(?:tell me|explain(?: to me)?|show me|"
    r"help me(?: to)? understand)\s+|(?:i(?: would|'d) like to know|i want to know|do you know|tell me)\s+)?",
    re.I,
)
_THANKS = re.compile(r"[\s,.;!]*\b(?:please|thanks|thank you|thx|cheers)[\s!.]*(?P<end>\?*)\s*$", re.I)
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\u00ad": None})

_SEEN = {"Cc": " ", "Cs": " ", "Cf": ""}
"""What stands in for characters that nobody sees."""
_JOINERS = "\u200c\u200d"
"""They are part of words and emoji."""


class Config(RewriterPart):
    """Rules for questions in English; questions in other languages pass unchanged. Greetings are cut, a question that
    leans on the one before is joined with it, `A vs B` and `difference between A and B` are also searched side by side,
    and `synonyms` are added where their word is used. Microseconds, and no model."""

    use: Literal["rules"] = "rules"
    synonyms: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Words that mean the same here, as `{PTO: [paid time off, vacation]}`. Keys in capitals are met in capitals."""
    compare: bool = True
    """Search both sides of a comparison, too."""

    def build(self, chat: ChatModel | None = None) -> Rewriter:
        return Rules(self.synonyms, compare=self.compare)


class Rules:
    """A Rewriter."""

    def __init__(self, synonyms: Mapping[str, Sequence[str]], *, compare: bool) -> None:
        self._synonyms = [(_whole_word(word), same) for word, same in synonyms.items()]
        self._compare = compare

    async def rewrite(self, question: str, history: Sequence[Turn]) -> Rewritten:
        return self.rewritten(question, history)

    def rewritten(self, question: str, history: Sequence[Turn]) -> Rewritten:
        """The same at once."""
        clean = tidy(question)
        alone = condensed(clean, [Turn(tidy(turn.question), turn.answer) for turn in history])
        texts = [alone, *(sides(clean) if self._compare else ())]
        notes = [
            *(["tidied"] if clean != question.strip() else []),
            *([f"joined with the talk before: {_short(alone)}"] if alone != clean else []),
            *([f"compares: {' | '.join(map(_short, texts[1:]))}"] if len(texts) > 1 else []),
        ]
        queries = []
        for text in texts:
            more = [same for word, meant in self._synonyms if word.search(text) for same in meant]
            if more:
                notes.append(f"synonyms: {', '.join(more)}")
            queries.append(Query.of(f"{text} ({', '.join(more)})" if more else text))
        return Rewritten(alone, tuple(queries), "; ".join(notes))


def tidy(question: str) -> str:
    """One line of composed characters without control characters, greetings, thanks and enclosing quotes, at most
    8,000 characters. What would become empty stays as it was."""
    text = unicodedata.normalize("NFC", question[: LONGEST * 4]).translate(_QUOTES)
    text = "".join(_SEEN.get(unicodedata.category(one), one) if one not in _JOINERS else one for one in text)
    text = " ".join(text.split())[:LONGEST]
    if len(text) > 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        text = text[1:-1].strip()
    bare = _THANKS.sub(lambda found: found["end"], _POLITE.sub("", text, count=1)).strip()
    return bare if len(bare.split()) >= 2 else text or question.strip()[:LONGEST]


def _whole_word(word: str) -> re.Pattern[str]:
    flags = re.NOFLAG if word.isupper() else re.IGNORECASE
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", flags)


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
