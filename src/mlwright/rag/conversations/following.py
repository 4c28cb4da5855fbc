"""A question that leans on the one before it, made whole by a rule."""

import re
from collections.abc import Sequence

from mlwright.rag.types import Turn

_LEANS = re.compile(
    r"^(and|but|so|what about|how about|why)\b|\b(it|its|they|them|their|this|that|these|those)\b", re.I
)
_SHORT = 3


def standalone(question: str, turns: Sequence[Turn]) -> str:
    """The question with the one before it, where it begins like a continuation, points at something, or is short."""
    if not turns or not (_LEANS.search(question.strip()) or len(question.split()) <= _SHORT):
        return question
    return f"{turns[-1].question} {question}"
