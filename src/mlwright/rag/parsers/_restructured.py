"""Reads reStructuredText line by line: adornments make sections, markers lists and directives, indent what they hold.

Levels of sections follow the order in which adornments appear, as docutils has it. Nothing is executed, and nothing but
the text itself is read.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from mlwright.rag.types import Block, BlockKind

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1+")
_DIRECTIVE = re.compile(r"\.\.\s+(?:\|[^|\n]+\|\s+)?([\w:.+-]+?)\s*::(?:\s+|$)")
_NOTE = re.compile(r"\.\.\s+\[[\w#*.-]+\]\s")
_ITEM = re.compile(r"(?:[-*+•‣⁃]|(?:\d+|#|[a-zA-Z]|[ivxlcIVXLC]+)[.)]|\((?:\d+|#|[a-zA-Z])\))(?:\s+\S|$)")
_FIELD = re.compile(r":([^:\s`](?:[^:`]|:(?!\s|$))*):(?:\s+(.*))?$")
_GRID, _RULE = re.compile(r"\+(?:[-=]+\+)+"), re.compile(r"=+(?:\s+=+)+")
_SILENT = {
    "toctree", "include", "image", "index", "contents", "currentmodule", "module", "meta", "default-role", "role",
    "sectnum", "highlight", "tabularcolumns", "title", "py:currentmodule", "raw", "literalinclude", "only",
}  # fmt: skip
"""Directives of which a reader sees nothing that stands in the file."""
_VERBATIM = {
    "code-block", "code", "sourcecode", "math", "parsed-literal", "prompt", "doctest", "testcode", "testsetup",
    "testoutput", "ipython", "graphviz", "mermaid", "digraph", "productionlist",
}  # fmt: skip
_TABLES = {"list-table", "csv-table"}


@dataclass(frozen=True, slots=True)
class _Line:
    """`words` is the line without the space around it; [start, end) are its place in the text."""

    words: str
    start: int
    end: int
    indent: int


def read(text: str) -> tuple[tuple[Block, ...], dict[str, str]]:
    """The blocks, and the fields that stand at the top of the document."""
    lines, at = [], 0
    for raw in _LINE.findall(text):
        words = raw.strip()
        indent = len(raw) - len(raw.lstrip())
        lines.append(_Line(words, at + indent, at + indent + len(words), indent))
        at += len(raw)
    reader = _Reader(lines)
    while reader.at < len(lines):
        reader.step()
    return tuple(reader.blocks), reader.fields


@dataclass(slots=True)
class _Reader:
    lines: list[_Line]
    at: int = 0
    levels: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def step(self) -> None:
        """Read what begins on the line at hand."""
        if not self._line(0).words:
            self.at += 1
        elif not (self._section() or self._table() or self._explicit() or self._field()):
            self._text()

    def _section(self) -> bool:
        """A title with adornment below it, or above and below; or a rule between paragraphs."""
        here, second, third = (self._line(step) for step in range(3))
        above = _is_adornment(here) and second.words and here.words == third.words
        if above and len(second.words) <= len(here.words) and not _is_adornment(second):
            return self._title(here, third, f"{here.words[0]} above", 3)
        wide = len(second.words) >= min(4, len(here.words))
        if not _is_adornment(here) and not here.indent and _is_adornment(second) and wide:
            return self._title(here, second, second.words[0], 2)
        if _is_adornment(here) and len(here.words) >= 4 and not second.words:
            self.at += 1
            return True
        return False

    def _title(self, first: _Line, last: _Line, style: str, lines: int) -> bool:
        if style not in self.levels:
            self.levels.append(style)
        self.blocks.append(Block("heading", first.start, last.end, min(6, self.levels.index(style) + 1)))
        self.at += lines
        return True

    def _table(self) -> bool:
        end = self.at
        if _GRID.fullmatch(self._line(0).words):
            end = self._run(self.at, lambda line: line.words[:1] in ("+", "|"))
        elif _RULE.fullmatch(self._line(0).words):
            rules = [at for at in range(self.at, len(self.lines)) if _RULE.fullmatch(self.lines[at].words)]
            last = [at for at in rules if at > self.at and not (at + 1 < len(self.lines) and self.lines[at + 1].words)]
            end = last[0] + 1 if last else self.at + 1
        return self._add("table", end) if end > self.at else False

    def _explicit(self) -> bool:
        """What begins with two dots: directives, footnotes, targets and comments."""
        line = self._line(0)
        if line.words != ".." and not line.words.startswith((".. ", "__ ")):
            return False
        end = self._deeper(self.at + 1, line.indent)
        found = _DIRECTIVE.match(line.words)
        if found is None:
            if _NOTE.match(line.words):
                return self._add("paragraph", end)
            self.at = end
        elif (name := found[1].lower()) in _SILENT:
            self.at = end
        elif name in _VERBATIM or name in _TABLES:
            return self._add("table" if name in _TABLES else "code", end)
        else:  # an admonition, a description of an object, or one that Sphinx was extended by: what it holds is prose
            self._add("paragraph", self.at + 1) if found.end() < len(line.words) else self._skip()
            self.at = self._run(self.at, lambda one: one.words[:1] == ":" and one.indent > line.indent)
        return True

    def _field(self) -> bool:
        """`:author: Ada`; in a list at the top of the document it is metadata."""
        line = self._line(0)
        found = _FIELD.match(line.words)
        if not found:
            return False
        end = self._deeper(self.at + 1, line.indent)
        if not line.indent and all(block.kind in ("heading", "item") for block in self.blocks):
            rest = [one.words for one in self.lines[self.at + 1 : end]]
            self.fields[found[1].lower()] = " ".join(filter(None, [found[2] or "", *rest]))
        return self._add("item", end)

    def _text(self) -> None:
        """A paragraph or an item; where it ends in two colons, the deeper lines below it are verbatim."""
        line = self._line(0)
        item = _ITEM.match(line.words) is not None
        kind: BlockKind = "code" if line.words.startswith(">>>") else "item" if item else "paragraph"
        end = self._run(self.at + 1, lambda one: not (item and one.indent <= line.indent and _ITEM.match(one.words)))
        literal = self.lines[end - 1].words.endswith("::")
        self._add(kind, end)
        if literal and (deeper := self._deeper(self.at, line.indent)) > self.at:
            self._add("code", deeper)

    def _line(self, step: int) -> _Line:
        return self.lines[self.at + step] if self.at + step < len(self.lines) else _Line("", 0, 0, 0)

    def _deeper(self, at: int, indent: int) -> int:
        """Behind the last of the lines from `at` that are deeper; blank ones between them count."""
        end = at
        while at < len(self.lines) and (not self.lines[at].words or self.lines[at].indent > indent):
            at += 1
            end = at if self.lines[at - 1].words else end
        return end

    def _run(self, at: int, holds: Callable[[_Line], object]) -> int:
        while at < len(self.lines) and self.lines[at].words and holds(self.lines[at]):
            at += 1
        return at

    def _skip(self) -> None:
        self.at += 1

    def _add(self, kind: BlockKind, end: int) -> bool:
        """The lines up to `end` as one block."""
        lines = [line for line in self.lines[self.at : end] if line.words]
        if lines:
            start = lines[0].start - (lines[0].indent if kind == "code" else 0)
            self.blocks.append(Block(kind, start, lines[-1].end))
        self.at = end
        return True


def _is_adornment(line: _Line) -> bool:
    return not line.indent and _ADORNMENT.fullmatch(line.words) is not None
