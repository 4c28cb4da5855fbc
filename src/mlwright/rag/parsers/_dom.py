"""Writes a tree of HTML, or of the TEI-like tags of trafilatura, as plain text, and keeps where each block stands."""

import re
from collections.abc import Iterator

from lxml.etree import _Element as Element

from mlwright.rag.parsers._sheet import Sheet, table
from mlwright.rag.types import Block, BlockKind

_SPACE = re.compile(r"\s+")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_NAMES = {"list": "ul", "item": "li", "row": "tr", "cell": "td", "quote": "blockquote", "lb": "br"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dir", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "header", "hr", "html", "li", "main", "ol", "p", "pre",
    "section", "summary", "table", "ul", "caption", "tr", "td", "th", "thead", "tbody", "tfoot", "hgroup",
    "search", "menu", "ab", "doc", "text", *_HEADINGS,
}  # fmt: skip
_SKIP = {"script", "style", "noscript", "template", "head", "graphic", "svg", "math"}


class Writer:
    """Walks a tree once. Blocks are parted by blank lines, items and table rows by line breaks."""

    def __init__(self) -> None:
        self._sheet = Sheet()
        self._words: list[str] = []
        self._kind: BlockKind = "paragraph"
        self._mark = ""
        self._numbers: dict[Element, int] = {}

    def write(self, root: Element) -> None:
        """Add everything under `root`."""
        self._visit(root)
        self._flush()

    def done(self) -> tuple[str, tuple[Block, ...]]:
        text, blocks, _ = self._sheet.done()
        return text, blocks

    def _visit(self, element: Element) -> None:
        tag = _tag(element)
        if tag in _HEADINGS:
            self._heading(element, _HEADINGS[tag])
        elif tag == "pre" or (tag == "code" and "\n" in "".join(map(str, element.itertext())).strip()):
            self._flush()
            self._sheet.add("code", _verbatim(element))
        elif tag == "table" and _is_data(element):
            self._table(element)
        elif tag == "br":
            self._words.append("\n")
        elif tag not in _SKIP:
            self._inside(element, tag)

    def _inside(self, element: Element, tag: str) -> None:
        """An element that holds others: its text, then each child and the text behind it."""
        is_block, before = tag in _BLOCKS, (self._kind, self._mark)
        if is_block:
            self._flush()
        if tag in ("li", "dd", "dt"):
            self._kind, self._mark = "item", self._bullet(element) if tag == "li" else ""
        elif tag == "blockquote":
            self._kind = "quote"
        self._words.append(element.text or "")
        for child in element:
            if isinstance(child.tag, str):
                self._visit(child)
            self._words.append(child.tail or "")
        if is_block:
            self._flush()
            self._kind, self._mark = before[0], before[1] if tag not in ("ul", "ol") else ""

    def _bullet(self, item: Element) -> str:
        parent = item.getparent()
        if parent is None or (parent.tag != "ol" and parent.get("rend") != "ol"):
            return "- "
        self._numbers[parent] = self._numbers.get(parent, 0) + 1
        return f"{self._numbers[parent]}. "

    def _heading(self, element: Element, level: int) -> None:
        self._flush()
        self._sheet.add("heading", _line(element), level)

    def _table(self, element: Element) -> None:
        self._flush()
        caption = next((_line(child) for child in element if _tag(child) == "caption"), "")
        self._sheet.add("paragraph", caption)
        self._sheet.add("table", table(list(_rows(element))))

    def _flush(self) -> None:
        """End the block at hand."""
        lines = (" ".join(line.split()) for line in _joined(self._words).split("\n"))
        self._words = []
        text = "\n".join(filter(None, lines))
        if text:
            self._sheet.add(self._kind, self._mark + text)
            self._mark = ""


def _tag(element: Element) -> str:
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag == "head" and element.get("rend"):  # a heading in the tags of trafilatura
        return element.get("rend") or "h2"
    return _NAMES.get(tag, tag)


def _joined(words: list[str]) -> str:
    """Source text with its own line breaks made spaces; a lone line break stands for `br`."""
    return "".join(word if word == "\n" else _SPACE.sub(" ", word) for word in words)


def _line(element: Element) -> str:
    """All its text in one line; the blocks within are parted by spaces."""
    words: list[str] = []
    for event in element.iter():
        if isinstance(event.tag, str):
            gap = " " if _tag(event) in _BLOCKS or _tag(event) == "br" else ""
            words += [gap, (event.text or "") if event.tag not in _SKIP else "", gap if event is element else ""]
        if event is not element:
            words += [" " if isinstance(event.tag, str) and _tag(event) in _BLOCKS else "", event.tail or ""]
    return " ".join("".join(words).split())


def _verbatim(element: Element) -> str:
    """Code as it was written, without blank lines around it."""
    words = []
    for event in element.iter():
        if isinstance(event.tag, str):
            words += ["\n" if _tag(event) == "br" else "", event.text or ""]
        words.append((event.tail or "") if event is not element else "")
    return re.sub(r"^(?:[ \t]*\n)+", "", "".join(words).replace("\r\n", "\n")).rstrip()


def _rows(table: Element) -> Iterator[list[str]]:
    """The cells of each row; one that spans rows or columns stands in each of them, so that a row reads by itself."""
    below: dict[int, tuple[str, int]] = {}
    for row in table.iter("tr", "row"):
        cells: list[str] = []
        for cell in row:
            if _tag(cell) not in ("td", "th"):
                continue
            _fill(cells, below)
            words, wide, high = _line(cell), _span(cell, "colspan"), _span(cell, "rowspan")
            if high > 1:
                below |= {len(cells) + column: (words, high - 1) for column in range(wide)}
            cells += [words] * wide
        _fill(cells, below)
        yield cells


def _fill(cells: list[str], below: dict[int, tuple[str, int]]) -> None:
    """Add what earlier rows reach down into the next columns."""
    while len(cells) in below:
        words, rows = below.pop(len(cells))
        if rows > 1:
            below[len(cells)] = (words, rows - 1)
        cells.append(words)


def _span(cell: Element, name: str) -> int:
    given = cell.get(name) or ""
    return min(max(int(given), 1), 50) if given.isascii() and given.isdigit() and len(given) < 6 else 1


def _is_data(table: Element) -> bool:
    """Not a table that only lays out the page: those hold tables, headings or long cells of blocks."""
    return not any(True for _ in table.iter("h1", "h2", "h3", "main", "article")) and not any(
        inner is not table for inner in table.iter("table")
    )
