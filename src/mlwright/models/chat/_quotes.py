"""Cuts a passage into pieces that can be quoted word for word: sentences, list items, table rows, whole code blocks.

Every piece is a slice of the passage, so a citation of it is found there exactly.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["sentence", "item", "row", "code"]
_LONGEST = 500
_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*$")
_ITEM = re.compile(r"\s*(?:[-*+•‣–]|\(?\d{1,3}[.)]|[a-z][.)])\s+\S")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_RULE = re.compile(r"\s*\|?[\s:|=+-]*-[\s:|=+-]*\|?\s*$")
_END = re.compile(r"[.!?…][\"'”’)\]*_`]*(?=\s)|[。！？]")
_SHORT = re.compile(
    r"(?:\b(?:[A-Z]|[ap]\.m|e\.g|i\.e|cf|etc|vs|al|approx|ca|no|nos|fig|figs|eq|sec|ch|vol|pp?|ed|eds|dr|mr|mrs|ms|st|mt"
    r"|prof|rev|gen|col|sgt|capt|lt|jr|sr|inc|ltd|co|corp|dept|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    r"|U\.S|U\.K|U\.N|D\.C|Ph\.D))\.$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """`text` is `passage[start:end]`; `above` the headings, table head or introducing line that it stands under."""

    text: str
    start: int
    end: int
    kind: Kind
    above: str = ""


def pieces(passage: str) -> list[Piece]:
    """The quotable pieces in reading order. Headings are no pieces, they stand in `above`."""
    found: list[Piece] = []
    heading = lead = ""
    for block in _blocks(passage):
        text = passage[block.start : block.end]
        if block.kind == "heading":
            heading, lead = _heading_text(text), ""
        elif block.kind == "code":
            found.append(_code(passage, block, found, heading))
            lead = ""
        elif block.kind == "table":
            found += _rows(passage, block, _joined(heading, lead))
        elif block.kind == "item":
            found += _cut(passage, block, "item", _joined(heading, lead))
        else:
            for sentence in _sentences(passage, block):
                found += _cut(passage, sentence, "sentence", heading)
            lead = found[-1].text if text.endswith(":") or _is_title(text) else ""
    return found


@dataclass(slots=True)
class _Block:
    kind: str
    start: int
    end: int


def _blocks(passage: str) -> list[_Block]:
    """Headings, fenced code, tables, list items and paragraphs, trimmed of surrounding white space."""
    blocks: list[_Block] = []
    fence, open_, at = "", False, 0
    for line in passage.splitlines(keepends=True):
        begin, at = at + len(line) - len(line.lstrip()), at + len(line)
        end = at - len(line) + len(line.rstrip())
        if fence:
            blocks[-1].end = max(end, blocks[-1].end)
            fence = "" if line.strip().startswith(fence) else fence
            continue
        kind = _kind_of(line)
        if open_ and _goes_on(blocks[-1].kind, kind):
            blocks[-1].end = end
        elif kind:
            blocks.append(_Block(kind, begin, end))
            opened = _FENCE.match(line)
            fence = opened[1] if opened else ""
        open_ = kind not in ("", "heading")
    return blocks


def _kind_of(line: str) -> str:
    if not line.strip():
        return ""
    if _FENCE.match(line):
        return "code"
    if _HEADING.match(line):
        return "heading"
    if line.lstrip().startswith("|"):
        return "table"
    return "item" if _ITEM.match(line) else "text"


def _goes_on(block: str, line: str) -> bool:
    return block == line == "table" or (line == "text" and block in ("text", "item"))


def _heading_text(text: str) -> str:
    found = _HEADING.match(text)
    return found[1] if found else text


def _is_title(text: str) -> bool:
    """A short line of its own without an end, as PDF and HTML headings become in plain text."""
    return "\n" not in text and len(text) <= 80 and text[-1] not in ".!?;,"


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _code(passage: str, block: _Block, found: list[Piece], heading: str) -> Piece:
    """A whole code block, together with the sentence that introduces it."""
    start = block.start
    if found and found[-1].text.endswith(":") and not passage[found[-1].end : start].strip():
        start = found.pop().start
    return Piece(passage[start : block.end], start, block.end, "code", heading)


def _rows(passage: str, block: _Block, above: str) -> Iterator[Piece]:
    """Each row but the head and the rule under it; the head stands in `above`."""
    lines, at = [], block.start
    for line in passage[block.start : block.end].splitlines(keepends=True):
        lines.append((at, line))
        at += len(line)
    has_head = len(lines) > 2 and _RULE.match(lines[1][1])
    if has_head:
        above = _joined(above, lines[0][1].replace("|", " ").strip())
    for begin, line in lines[2:] if has_head else lines:
        text = line.strip().strip("|").strip()
        if text and not _RULE.match(line):
            start = begin + line.index(text)
            yield Piece(text, start, start + len(text), "row", above)


def _sentences(passage: str, block: _Block) -> Iterator[_Block]:
    start = block.start
    for match in _END.finditer(passage, block.start, block.end):
        end = match.end()
        if _SHORT.search(passage, max(start, end - 12), end) or passage[end : block.end].lstrip()[:1].islower():
            continue
        yield _Block("sentence", start, end)
        start = end + len(passage[end : block.end]) - len(passage[end : block.end].lstrip())
    if start < block.end:
        yield _Block("sentence", start, block.end)


def _cut(passage: str, block: _Block, kind: Kind, above: str) -> Iterator[Piece]:
    """One piece, or several where it is longer than a reader wants: cut at a line end, else at a space."""
    start = block.start
    while start < block.end:
        end = block.end
        if end - start > _LONGEST:
            window = passage[start : start + _LONGEST]
            cut = max(window.rfind("\n"), window.rfind("; ")) + 1 or window.rfind(" ")
            end = start + (cut if cut > _LONGEST // 4 else _LONGEST)
        text = passage[start:end].strip()
        if text:
            begin = start + passage[start:end].index(text)
            yield Piece(text, begin, begin + len(text), kind, above)
        start = end
