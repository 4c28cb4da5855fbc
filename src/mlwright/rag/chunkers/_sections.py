"""Sections: what stands under one heading, and the path of headings above it."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from mlwright.rag.parsers._marks import heading
from mlwright.rag.types import Parsed


@dataclass(frozen=True, slots=True)
class Section:
    """`text[start:end]`, its own heading included. `body` is where the text below the headings begins."""

    start: int
    end: int
    headings: tuple[str, ...]
    level: int
    body: int


def sections(document: Parsed, small: Callable[[int, int], bool]) -> list[Section]:
    """The sections in order. A heading with nothing below it but deeper headings stands with the first of those, and
    so does a `small` stretch before the first heading, as front matter."""
    merged: list[Section] = []
    for section in _raw(document):
        before = merged[-1] if merged else None
        if before is not None and _leads(document, before, section, small):
            merged[-1] = replace(section, start=before.start)
        else:
            merged.append(section)
    return merged


class Paths:
    """The headings above each place of a document."""

    def __init__(self, document: Parsed) -> None:
        self._starts: list[int] = [0]
        self._paths: list[tuple[str, ...]] = [()]
        for start, path in _paths(document):
            self._starts.append(start)
            self._paths.append(path)

    def at(self, offset: int) -> tuple[str, ...]:
        """The headings, outermost first; one that starts at `offset` is the last of them."""
        return self._paths[bisect_right(self._starts, offset) - 1]


def _paths(document: Parsed) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Where each heading starts, and the path that it ends."""
    path: list[tuple[int, str]] = []
    for block in document.blocks:
        if block.kind == "heading":
            path = [(depth, words) for depth, words in path if depth < block.level]
            path.append((block.level, heading(document, block)))
            yield block.start, tuple(words for _, words in path)


def _raw(document: Parsed) -> Iterator[Section]:
    path: list[tuple[int, str]] = []
    start, body, level = 0, 0, 0
    for block in document.blocks:
        if block.kind != "heading":
            continue
        if document.text[start : block.start].strip():
            yield Section(start, block.start, tuple(words for _, words in path), level, body)
        start, body, level = block.start, block.end, block.level
        path = [(depth, words) for depth, words in path if depth < level]
        path.append((level, heading(document, block)))
    if document.text[start:].strip():
        yield Section(start, len(document.text), tuple(words for _, words in path), level, body)


def _leads(document: Parsed, before: Section, section: Section, small: Callable[[int, int], bool]) -> bool:
    if not before.headings:
        return small(before.start, before.end)
    return before.level < section.level and not document.text[before.body : before.end].strip()
