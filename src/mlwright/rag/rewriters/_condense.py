"""A question that leans on the talk before it, made to stand alone: by rules, in English."""

import re
from collections.abc import Sequence

from mlwright.rag.types import Turn

_TURNS = 4
_MOST_BEFORE = 400
_FOLLOWS = re.compile(
    r"^(and|but|so|then|also|or|what about|how about|what if|why not|why\?|how so|how come|really|else|same)\b",
    re.I,
)
_POINTS = re.compile(
    r"\b(it|its|it's|they|them|their|theirs|this|that|these|those|he|him|his|she|her|hers|there|the (?:same|former|"
    r"latter|first|second|third|last|other)(?: one)?|one|ones|another|others|both|either|neither|instead|above)\b",
    re.I,
)
_NOT_POINTING = re.compile(
    r"\b(is|are|was|were) there\b|\bthere (is|are|was|were)\b|\bthat (the|a|an|is|are|i|we|you|can)\b|\bit is\b"
    r"|\b(no|any|every|some|each|which|only) one\b|\bone (of|hour|day|week|month|year|or)\b|\bboth \w+ and\b"
    r"|\beither \w+ or\b",
    re.I,
)
_WORD = re.compile(r"\w+")
_SHORT = 3


def condensed(question: str, history: Sequence[Turn]) -> str:
    """The question with the questions before it that it leans on, oldest first; as it stands where it leans on none.
    Answers are left out: they are long, and their words pull the search back to where it was."""
    before = ""
    for turn in history[-_TURNS:]:
        before = joined(before, turn.question)
    return joined(before, question)


def joined(before: str, question: str) -> str:
    if not before or not leans(question):
        return question
    return f"{before[-_MOST_BEFORE:].strip()} {question}"


def leans(question: str) -> bool:
    """Does a question need the ones before it? It begins like a continuation, points at something unnamed, or is of at
    most three words."""
    text = question.strip()
    if _FOLLOWS.match(text) or len(_WORD.findall(text)) <= _SHORT:
        return True
    return bool(_POINTS.search(_NOT_POINTING.sub(" ", text)))
