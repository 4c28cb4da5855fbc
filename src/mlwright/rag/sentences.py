"""Sentences and words of a text, for telling whether one supports the other."""

import re
from collections.abc import Iterator

_SENTENCE = re.compile(r"\S(?:.*?)(?:[.!?…][\"'”’)\]]*(?=\s|\Z)|(?=\n\s*\n)|(?=\n\s*[-*|#>])|\Z)", re.DOTALL)
_WORD = re.compile(r"\w+")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by for from has have he in is it its not of on or she that the their there they this"
        " to was were which will with you your der die das ein eine ist sind und oder nicht mit von zu im den dem des",
    )
)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text start and end; list items and paragraphs end one too."""
    for match in _SENTENCE.finditer(text):
        end = match.start() + len(match[0].rstrip())
        if end > match.start():
            yield match.start(), end


def content(text: str) -> frozenset[str]:
    """The words of a text that say something, shortened to what endings leave alone."""
    words = (word.casefold() for word in _WORD.findall(text))
    return frozenset(word[:6] for word in words if word not in _COMMON and (len(word) > 2 or word.isdigit()))


def likeness(wanted: frozenset[str], found: frozenset[str]) -> float:
    """Dice's coefficient of two sets of words: 0 where they share none, 1 where they are the same."""
    both = len(wanted & found)
    return 2 * both / (len(wanted) + len(found)) if both else 0.0
