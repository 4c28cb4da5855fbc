"""Marks: finds the citation marks in a text that comes in pieces, and leaves code alone.

A mark is `[1]`, several are `[1, 3]`, a range is `[2-4]`; models also write `[^1]`, `[passage 1]` and `【1】`. Marks of
the sources themselves are disarmed before a model sees them, by brackets of the same length, so offsets stay.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LONGEST = 60
"""Characters that may still become a mark, and are held back."""
_LONGEST_CODE = 400
_SPAN = 20
"""The widest range that is read as one: [1-20]."""
_NUMBERS = r"\d{1,3}(?:\s{0,2}(?:[,;&–—-]|and|und)\s{0,2}\d{1,3}){0,12}"
_MARK = re.compile(
    rf"\s{{0,8}}(?:\[\^?(?:(?:passages?|sources?|quellen?)\s)?(?P<square>{_NUMBERS})\]|【(?P<round>{_NUMBERS})[^】\n]{{0,20}}】)",
    re.IGNORECASE,
)
_SPECIAL = re.compile(
    r"(?P<fence>^[ ]{0,3}(?P<bar>`{3,}|~{3,})[^\n]*(?:\n|\Z))|(?P<lead>^[ ]{1,3})?(?P<tick>`+)"
    rf"|(?P<mark>{_MARK.pattern})",
    re.IGNORECASE | re.MULTILINE,
)
_UNFINISHED = re.compile(
    rf"\s{{0,8}}[\[【][^\]】\n]{{0,{_LONGEST - 10}}}\Z|\s{{1,8}}\Z|^[ ]{{1,3}}[`~]{{0,2}}\Z|~{{1,2}}\Z", re.M
)
_RANGE = re.compile(r"(\d+)(?:\s*[–—-]\s*(\d+))?")
_OPEN, _CLOSED = {"[": "⟦", "【": "⟦"}, {"]": "⟧", "】": "⟧"}
_ARM = str.maketrans({"⟦": "[", "⟧": "]"})


@dataclass(frozen=True, slots=True)
class Mark:
    """Numbers in the order in which they stand; `space` is the white space before them."""

    numbers: tuple[int, ...]
    space: str
    raw: str


@dataclass(frozen=True, slots=True)
class Code:
    """A stretch of code, in which nothing is a mark."""

    text: str


Item = str | Mark | Code


class MarkReader:
    """Cuts a text into words, code and marks. What may still become a mark is held back until it is clear; the items
    are the same, however the text was cut into pieces, apart from where words are parted."""

    def __init__(self) -> None:
        self._text, self._at, self._bar = "", 0, ""

    def feed(self, piece: str) -> Iterator[Item]:
        """What is clear now."""
        self._text += piece
        yield from self._read(last=False)
        if self._at > 20_000:  # keep the line that is open, which the start of a fence is told by
            line = self._text.rfind("\n", 0, self._at) + 1
            self._text, self._at = self._text[line:], self._at - line

    def end(self) -> Iterator[Item]:
        """What was held back."""
        yield from self._read(last=True)

    def _read(self, *, last: bool) -> Iterator[Item]:
        while self._at < len(self._text):
            before = self._at
            yield from self._fenced(last) if self._bar else self._plain(last)
            if self._at == before:
                return

    def _take(self, end: int) -> str:
        taken, self._at = self._text[self._at : end], end
        return taken

    def _fenced(self, last: bool) -> Iterator[Item]:
        """Whole lines, up to and with the one that closes the block."""
        end = self._text.find("\n", self._at) + 1
        if not end:
            rest = self._text[self._at :].lstrip(" ")
            if not last and (not rest or rest[0] == self._bar[0]):
                return
            end = len(self._text)
            if not last:  # inside a line of code: nothing in it can close the block
                yield Code(self._take(end))
                return
        at_start = self._at == 0 or self._text[self._at - 1] == "\n"
        line = self._take(end)
        stripped = line.strip()
        if at_start and len(line) - len(line.lstrip(" ")) <= 3 and set(stripped) == {self._bar[0]}:
            self._bar = "" if len(stripped) >= len(self._bar) else self._bar
        yield Code(line)

    def _plain(self, last: bool) -> Iterator[Item]:
        found = _SPECIAL.search(self._text, self._at)
        if found is None:
            open_ = None if last else _UNFINISHED.search(self._text, max(self._at, len(self._text) - _LONGEST))
            end = open_.start() if open_ else len(self._text)
            if end > self._at:
                yield self._take(end)
            return
        if found.start() > self._at:
            yield self._take(found.start())
        if found["mark"]:
            self._take(found.end())
            numbers = found["square"] or found["round"]
            raw = found["mark"]
            yield Mark(tuple(_listed(numbers)), raw[: len(raw) - len(raw.lstrip())], raw.strip())
        elif found["fence"]:
            if last or found[0].endswith("\n"):
                self._bar = found["bar"]
                yield Code(self._take(found.end()))
        else:
            yield from self._ticked(found, last)

    def _ticked(self, found: re.Match[str], last: bool) -> Iterator[Item]:
        """Inline code, to the same number of backticks on the same line; else backticks that mean nothing."""
        if found.end() == len(self._text) and not last:
            return
        reach = found.end() + _LONGEST_CODE
        line = self._text.find("\n", found.end(), reach)
        known = line if line >= 0 else min(reach, len(self._text))
        run = found["tick"]
        close = re.compile(rf"(?<!`){run}(?!`)").search(self._text, found.end(), known)
        sure = last or line >= 0 or known == reach
        if close and (sure or close.end() < known):
            yield Code(self._take(close.end()))
        elif sure:
            yield self._take(found.end())


def disarm(text: str) -> str:
    """The text with the brackets of its own marks changed, so that no model can pass them on as citations."""
    reader, out = MarkReader(), []
    for item in (*reader.feed(text), *reader.end()):
        match item:
            case Mark():
                inside = "".join(_CLOSED.get(c, _OPEN.get(c, c)) for c in item.raw)
                out.append(item.space + inside)
            case Code():
                out.append(item.text)
            case _:
                out.append(item)
    return "".join(out)


def arm(text: str) -> str:
    """The inverse of `disarm`, character by character."""
    return text.translate(_ARM)


def unmarked(text: str) -> str:
    """The text without its marks."""
    reader = MarkReader()
    items = (*reader.feed(text), *reader.end())
    return "".join(item.text if isinstance(item, Code) else item for item in items if not isinstance(item, Mark))


def _listed(numbers: str) -> Iterator[int]:
    """Every number once, in order; a range names all in it."""
    seen: set[int] = set()
    for match in _RANGE.finditer(numbers):
        first = int(match[1])
        last = int(match[2]) if match[2] else first
        wide = range(first, last + 1) if first <= last < first + _SPAN else (first, last)
        for number in wide:
            if number not in seen:
                seen.add(number)
                yield number
