"""The shape of source code: where definitions begin, by their first words and their indentation."""

import re
from bisect import bisect_right
from collections.abc import Iterator

from mlwright.rag.chunkers._seams import Seam

_DEFINES = re.compile(
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|override|virtual|inline|extern"
    r"|open|sealed|data|unsafe|pub(?:\([a-z]+\))?|const|let|var)\s+)*"
    r"(?:def|class|function|func|fn|fun|interface|struct|enum|trait|impl|type|module|mod|namespace|protocol|extension"
    r"|record|object|macro_rules!|sub|procedure|create)\b"
    r"|(?:export\s+)?(?:const|let|var)\s+\w+\s*=\s*(?:async\s*)?(?:\(|function)"
    r"|[A-Za-z_][\w<>:,*&\[\] ]*\([^;{}]*\)[^;{}]*\{\s*$",
    re.IGNORECASE,
)
_NOT = re.compile(r"(?:if|for|while|switch|catch|else|elif|return|do|try|with|match|case)\b")
_BELONGS = re.compile(r"@|#(?!include|define|if)|//|/\*|\*|--|\[|;;|\"\"\"")
"""Decorators, attributes and comments right above a definition belong to it."""
_CLOSES = re.compile(r"[)\]}]|(?:end|else|elif|except|finally|catch)\b")
_LONGEST = 200
_GAP = re.compile(r"\s+")


class Symbols:
    """Definitions of a source file. It Divides: the best places for a cut are those before a definition."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] = []
        self._seams: list[Seam] = []
        self._indents: list[int] = []
        self._defined: list[tuple[int, int, str]] = []
        """Offset of the line that defines, its indentation, and the line."""
        self._scan()

    def tops(self) -> list[int]:
        """Where something begins at the outermost level."""
        return [start for start, seam in zip(self._starts, self._seams, strict=True) if seam == Seam.BLOCK]

    def path(self, offset: int) -> tuple[str, ...]:
        """The lines that define what `offset` stands in, outermost first, without what begins there itself."""
        line = bisect_right(self._starts, offset) - 1
        indent = self._indents[line] if line >= 0 else 0
        found: list[str] = []
        for start, depth, words in reversed(self._defined[: bisect_right(self._defined, (offset,))]):
            if start < offset and depth < indent:
                found.append(words)
                indent = depth
            if indent == 0:
                break
        return tuple(reversed(found))

    def between(self, start: int, end: int) -> Iterator[tuple[int, Seam]]:
        """The seams after `start` and up to `end`, in order."""
        found = {gap.end(): Seam.WITHIN for gap in _GAP.finditer(self._text, start, end)}
        first, last = bisect_right(self._starts, start), bisect_right(self._starts, end)
        found.update(zip(self._starts[first:last], self._seams[first:last], strict=True))
        yield from ((offset, found[offset]) for offset in sorted(found) if start < offset <= end)

    def _scan(self) -> None:
        offset, after_blank = 0, True
        for line in self._text.splitlines(keepends=True):
            words = line.strip()
            if words:
                indent = len(line) - len(line.lstrip())
                seam = Seam.LINE if after_blank else Seam.WORD
                if _DEFINES.match(words[:_LONGEST]) and not _NOT.match(words):
                    self._defined.append((offset, indent, " ".join(words[:_LONGEST].rstrip("{").split())))
                    seam = Seam.BLOCK if indent == 0 else Seam.SENTENCE
                elif after_blank and indent == 0 and not _CLOSES.match(words):
                    seam = Seam.BLOCK
                self._starts.append(offset)
                self._indents.append(indent)
                self._seams.append(seam)
                if seam <= Seam.SENTENCE:
                    self._attach(len(self._starts) - 1)
            after_blank = not words
            offset += len(line)

    def _attach(self, line: int) -> None:
        """Move the seam before a definition to above the decorators and comments that belong to it."""
        first = line
        while first and self._is_attached(first - 1, first, line):
            first -= 1
        if first < line:
            self._seams[first], self._seams[line] = self._seams[line], Seam.WITHIN
            for between in range(first + 1, line):
                self._seams[between] = Seam.WITHIN

    def _is_attached(self, line: int, below: int, definition: int) -> bool:
        start, end = self._starts[line], self._starts[below]
        words = self._text[start:end]
        return (
            self._indents[line] == self._indents[definition]
            and bool(_BELONGS.match(words.lstrip()))
            and not words.rstrip(" \t").endswith(("\n\n", "\r\n\r\n"))
        )
