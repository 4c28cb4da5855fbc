"""Where a stretch of text stands, in the terms of a person: lines and pages."""

from bisect import bisect_right
from collections.abc import Sequence

from mlwright.rag.types import Chunk, Span


class Places:
    """Lines and pages of one parsed text, found once and looked up often."""

    def __init__(self, text: str, pages: Sequence[int]) -> None:
        self._pages = pages
        self._breaks = [offset for offset, character in enumerate(text) if character == "\n"]

    def span(self, start: int, end: int) -> Span:
        """The span of characters [start, end); its lines are those of its first and its last character."""
        last = max(start, end - 1)
        return Span(start, end, self._line(start), self._line(last), page_of(start, self._pages))

    def _line(self, offset: int) -> int:
        return bisect_right(self._breaks, offset - 1) + 1


def page_of(offset: int, pages: Sequence[int]) -> int | None:
    """The page, from 1, that holds the offset; None where the format has no pages."""
    return max(1, bisect_right(pages, offset)) if pages else None


def within(chunk: Chunk, start: int, end: int, pages: Sequence[int]) -> Span:
    """The span of characters [start, end) of the document, which lie in the chunk."""
    before = chunk.text[: start - chunk.span.start]
    line = chunk.span.line_start + before.count("\n")
    inside = chunk.text[start - chunk.span.start : max(start, end - 1) - chunk.span.start]
    return Span(start, end, line, line + inside.count("\n"), page_of(start, pages))


def told(key: str, span: Span) -> str:
    """`guide.pdf, page 3` or `guide.md, lines 3-9`."""
    if span.page is not None:
        return f"{key}, page {span.page}"
    lines = (
        f"line {span.line_start}" if span.line_start == span.line_end else f"lines {span.line_start}-{span.line_end}"
    )
    return f"{key}, {lines}"
