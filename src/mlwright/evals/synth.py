"""Synthetic examples from the documents themselves, by rule, each marked with the rule that made it.

They ask with the words of the documents, so they are easier than what people ask and favour search by words: they find
what is badly broken, and compare sizes of chunks, before there is a golden set.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlwright.evals.types import EvalExample, Expected

HEADING, SENTENCE = "headings@1", "sentences@1"
_SENTENCE = re.compile(r"[^.!?\n]{40,300}[.!?](?=\s|$)")
_WORD = re.compile(r"[^\W\d_][\w-]{3,}")
_ASKED = 4


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text under a heading: characters [start, start + len(text)) of a document."""

    document: str
    start: int
    text: str
    headings: tuple[str, ...] = ()


def synthesise(stretches: Iterable[Stretch], count: int, *, seed: int = 0) -> tuple[EvalExample, ...]:
    """At most `count` examples, about half by each rule: the heading above a stretch asks for its first sentence, and
    the rarest words of a sentence ask for that sentence. Equal input, equal examples."""
    found = list(stretches)
    spread = Counter(word for one in found for word in {word.lower() for word in _WORD.findall(one.text)})
    random.Random(seed).shuffle(found)  # noqa: S311 - repeatable on purpose, no secret
    made: dict[str, EvalExample] = {}
    for number, stretch in enumerate(found):
        if len(made) == count:
            break
        sentences = list(_SENTENCE.finditer(stretch.text))
        if not sentences:
            continue
        by_heading = number % 2 == 0 and bool(stretch.headings)
        place = sentences[0] if by_heading else sentences[len(sentences) // 2]
        question = _of_heading(stretch.headings) if by_heading else _of_words(place[0], spread)
        if question and question not in made:
            start = stretch.start + place.start() + len(place[0]) - len(place[0].lstrip())
            expected = Expected(stretch.document, place[0].strip(), (start, stretch.start + place.end()))
            rule = HEADING if by_heading else SENTENCE
            made[question] = EvalExample(f"synthetic-{len(made) + 1}", question, relevant=(expected,), synthetic=rule)
    return tuple(made.values())


def _of_heading(headings: Sequence[str]) -> str:
    last = headings[-1].strip().rstrip("?.:")
    if last.partition(" ")[0].lower() in ("how", "what", "why", "when", "where", "which", "who"):
        return f"{last}?"
    return f"What is said about {last}" + (f" in {headings[0].strip()}?" if len(headings) > 1 else "?")


def _of_words(sentence: str, spread: Counter[str]) -> str:
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(sentence)))
    rare = sorted(words, key=lambda word: (spread[word], word))[:_ASKED]
    return " ".join(word for word in words if word in rare) if len(rare) == _ASKED else ""
