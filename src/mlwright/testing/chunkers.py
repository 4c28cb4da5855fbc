"""The conformance suite of a chunker part: subclass it in a test and give it `config`.

class TestMine(ChunkerSuite):
    config = Config(use="mine")
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from mlwright.kernel import aio
from mlwright.models.embed.hashing import Config as Hashing
from mlwright.rag.chunkers import ChunkerPart, embedded_text
from mlwright.rag.parsers import markdown, text
from mlwright.rag.types import Cut, Parsed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ANY = [HealthCheck.differing_executors, HealthCheck.too_slow]
"""A suite is run by each of its subclasses, which is what the first of these checks warns of."""
_HASHING = Hashing(dims=64).build()
_PIECE = re.compile(r"[^\W_]{1,4}|[^\w\s]|_")


def token_ends(source: str) -> Sequence[int]:
    """A tokenizer like those of small models: words in pieces of at most four letters, and each mark by itself."""
    return [found.end() for found in _PIECE.finditer(source)]


def hashed(texts: Sequence[str]) -> "NDArray[np.float32]":
    """Vectors for chunkers that look at meaning: those of the embedder that hashes words."""
    return aio.run(_HASHING.embed(texts))


def documents() -> some.SearchStrategy[Parsed]:
    """Markdown and plain text of all shapes: sections, long words, code, tables, lists, scripts without spaces."""
    word = some.one_of(
        some.text("abcdefg", min_size=1, max_size=9),
        some.sampled_from(
            ["Zürich.", "e.g.", "naïve", "漢字の文。", "مرحبا", "🙂", "a_b-c/d", "x" * 90, "1,234.5", "end.", "why?"]
        ),
    )
    sentence = some.lists(word, min_size=1, max_size=30).map(" ".join)
    block = some.one_of(
        sentence,
        some.lists(sentence, min_size=1, max_size=5).map(" ".join),
        some.lists(sentence, min_size=1, max_size=5).map(lambda items: "\n".join(f"- {item}" for item in items)),
        some.lists(sentence, min_size=1, max_size=9).map(lambda lines: "\n".join(["```", *lines, "```"])),
        some.lists(word, min_size=1, max_size=40).map(
            lambda rows: "\n".join(["| a |", "| - |", *(f"| {row} |" for row in rows)])
        ),
        some.tuples(some.integers(1, 6), sentence).map(lambda both: f"{'#' * both[0]} {both[1]}"),
        some.text(max_size=40),
    )
    source = some.lists(block, max_size=12).map("\n\n".join)
    parsers = some.sampled_from([markdown.Config().build(), text.Config().build()])
    return some.builds(lambda parser, content: parser.parse(content.encode("utf-8", "replace"), "a"), parsers, source)


class ChunkerSuite:
    """What every chunker does in the same way, whatever the document and the tokenizer."""

    config: ClassVar[ChunkerPart]

    def token_ends(self, source: str) -> Sequence[int]:
        """Subclasses may try a real tokenizer."""
        return token_ends(source)

    @settings(max_examples=40, deadline=None, suppress_health_check=_ANY)
    @given(document=documents(), limit=some.integers(16, 300))
    def test_nothing_is_lost_and_nothing_is_too_long(self, document: Parsed, limit: int) -> None:
        cuts = self._cut(document, limit)
        seen = bytearray(len(document.text))
        for cut in cuts:
            assert 0 <= cut.start < cut.end <= len(document.text)
            first, last = cut.parent or (cut.start, cut.end)
            assert 0 <= first <= cut.start < cut.end <= last <= len(document.text), "a cut lies inside its parent"
            seen[cut.start : cut.end] = b"\1" * (cut.end - cut.start)
            content = embedded_text(document.title, cut.headings, document.text[cut.start : cut.end])
            assert cut.tokens == len(self.token_ends(content)) <= limit, content
        lost = [index for index, letter in enumerate(document.text) if not seen[index] and not letter.isspace()]
        assert not lost, document.text[lost[0] : lost[0] + 40]
        for before, after in pairwise(cuts):
            assert before.start < after.start, "cuts come in order"
            assert before.end < after.end, "each brings something new"

    @settings(max_examples=5, deadline=None, suppress_health_check=_ANY)
    @given(document=documents())
    def test_the_same_document_gives_the_same_cuts(self, document: Parsed) -> None:
        assert self._cut(document, 100) == self._cut(document, 100)

    def test_a_blank_document_has_no_cuts(self) -> None:
        assert self._cut(Parsed(" \n\n\t", ()), 100) == []

    def test_a_long_title_leaves_room_for_the_text(self) -> None:
        document = Parsed("Some words that matter. " * 20, (), title="A very long title " * 60)
        cuts = self._cut(document, 60)
        assert len(cuts) < 40
        assert all(cut.tokens <= 60 for cut in cuts)

    def _cut(self, document: Parsed, limit: int) -> list[Cut]:
        return self.config.build_with(hashed).cut(document, self.token_ends, limit)
