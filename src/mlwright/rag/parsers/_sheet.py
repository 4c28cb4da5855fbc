"""A sheet: text that is put together block by block, with the places of its blocks and pages."""

from collections.abc import Sequence

from mlwright.rag.types import Block, BlockKind

_LONGEST_CELL = 2000


class Sheet:
    """Blocks are parted by blank lines, items that follow one another by line breaks."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._pages: list[int] = []
        self._page = False

    def page(self) -> None:
        """The next block begins another page; where none follows before the page after it, the page is empty."""
        if self._page:
            self._pages.append(self._length)
        self._page = True

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """Add a block; nothing where `text` is blank. Headings take a level from 1 to 6."""
        text = text.rstrip() if kind in ("code", "item") else text.strip()
        if not text.strip():
            return
        if self._blocks:
            close = kind == "item" and self._blocks[-1].kind == "item" and not self._page
            self._push("\n" if close else "\n\n")
        if self._page:
            self._pages.append(self._length)
            self._page = False
        self._blocks.append(Block(kind, self._length, self._length + len(text), level))
        self._push(text)

    def done(self) -> tuple[str, tuple[Block, ...], tuple[int, ...]]:
        """The text, its blocks, and the offsets at which its pages start."""
        if self._page:
            self._pages.append(self._length)
            self._page = False
        return "".join(self._parts), tuple(self._blocks), tuple(self._pages)

    def first(self, kind: BlockKind = "heading") -> str:
        """The words of the first block of a kind, in one line; empty where there is none."""
        found = next((block for block in self._blocks if block.kind == kind), None)
        return " ".join("".join(self._parts)[found.start : found.end].split()) if found else ""

    def _push(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as a Markdown table whose first row is its head; short rows are filled, empty ones left out."""
    cells = [[_cell(cell) for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    wide = max(map(len, cells), default=0)
    if not wide:
        return ""
    lines = ["| " + " | ".join(row + [""] * (wide - len(row))) + " |" for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * wide, *lines[1:]])


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")[:_LONGEST_CELL]
