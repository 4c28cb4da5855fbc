"""Strict citing: every sentence of an answer stands on a passage, or it goes.

The answer is read paragraph by paragraph. A sentence whose marks all failed, or that has none, is kept where one
passage clearly supports it, and gets that passage's mark. Headings and lines that end with a colon stay with what they
introduce.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mlwright.rag.citing import Cited, Citer, Pages, supporting
from mlwright.rag.context import Shown
from mlwright.rag.marks import Code, Item, Mark, MarkReader
from mlwright.rag.sentences import sentences
from mlwright.rag.types import Citation

_BREAK = re.compile(r"\n[ \t]*\n\s*")
_INTRODUCES = re.compile(r"\A\s*#{1,6}\s|:\W*\Z")
_WORDLESS = re.compile(r"\A[\W_]*\Z")


@dataclass(slots=True)
class StrictCiter:
    """A Citer that lets nothing unsupported through; text comes a paragraph at a time."""

    shown: Sequence[Shown]
    pages: Pages
    removed: int = 0
    _reader: MarkReader = field(default_factory=MarkReader)
    _open: list[Item] = field(default_factory=list)
    _citer: Citer = field(init=False)

    def __post_init__(self) -> None:
        self._citer = Citer(self.shown, self.pages)

    @property
    def cited(self) -> Cited:
        done = self._citer.cited
        return Cited(done.text, done.citations, done.repaired, done.dropped + self.removed)

    def feed(self, piece: str) -> Iterator[str | Citation]:
        """The paragraphs that are complete now."""
        for item in self._reader.feed(piece):
            yield from self._taken(item)

    def end(self) -> Iterator[str | Citation]:
        for item in self._reader.end():
            yield from self._taken(item)
        yield from self._paragraph()
        yield from self._citer.end()

    def _taken(self, item: Item) -> Iterator[str | Citation]:
        if not isinstance(item, str):
            self._open.append(item)
            return
        at = 0
        for match in _BREAK.finditer(item):
            self._open.append(item[at : match.end()])
            at = match.end()
            yield from self._paragraph()
        if at < len(item):
            self._open.append(item[at:])

    def _paragraph(self) -> Iterator[str | Citation]:
        waiting = ""
        for plain, raw in _units(self._open):
            if plain == raw and (_WORDLESS.match(plain) or _INTRODUCES.search(plain)):
                waiting += plain
                continue
            kept = self._supported(plain, raw)
            if kept is None:
                self.removed += 1
                continue
            yield from self._citer.feed(waiting + kept)
            waiting = ""
        self._open.clear()

    def _supported(self, plain: str, raw: str) -> str | None:
        """The sentence with marks of which one holds; None where nothing supports it."""
        probe = Citer(self.shown, self.pages)
        if raw != plain and any(isinstance(item, Citation) for item in (*probe.feed(raw), *probe.end())):
            return raw
        found = supporting(plain.strip(), self.shown, self.pages)
        if found is None:
            return None
        body = plain.rstrip()
        return f"{body} [{found.number}]{plain[len(body) :]}"


def _units(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    """Sentences without and with the marks that stand in them and right behind them; code is never parted."""
    text = masked = ""
    marks: list[tuple[int, str]] = []
    for item in items:
        match item:
            case Mark():
                marks.append((len(text), item.space + item.raw))
            case Code():
                text += item.text
                masked += "x" * len(item.text)
            case _:
                text += item
                masked += item
    ends = [end for _, end in sentences(masked)]
    start = 0
    for end in (*ends[:-1], len(text)):
        end += len(masked[end:]) - len(masked[end:].lstrip())
        raw, at = "", start
        while marks and marks[0][0] <= len(text[:end].rstrip()):
            place, mark = marks.pop(0)
            raw += text[at:place] + mark
            at = place
        yield text[start:end], raw + text[at:end]
        start = end
