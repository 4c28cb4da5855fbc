"""The tokens of a document, counted once: how many lie between two offsets."""

from array import array
from bisect import bisect_right

from mlwright.rag.chunkers import TokenEnds, embedded_text
from mlwright.rag.types import Cut, Parsed

_WINDOW = 1 << 16


class TokenMap:
    """Where each token of a text ends. A long text is given to the tokenizer in windows that end at a line break."""

    def __init__(self, text: str, token_ends: TokenEnds) -> None:
        self.ends = array("Q")
        start = 0
        while start < len(text):
            end = _window_end(text, start)
            ends = token_ends(text[start:end])
            self.ends.extend([start + offset for offset in ends] if start else ends)
            start = end

    def at(self, offset: int) -> int:
        """The number of tokens that end at or before `offset`."""
        return bisect_right(self.ends, offset)

    def between(self, start: int, end: int) -> int:
        return self.at(end) - self.at(start)

    def offset(self, index: int) -> int:
        """Where the first `index` tokens end."""
        return self.ends[min(index, len(self.ends)) - 1] if index > 0 and self.ends else 0

    def after(self, start: int) -> int:
        """Where the first token that ends after `start` ends; the end of the last one if there is none."""
        return self.offset(self.at(start) + 1)

    def reach(self, start: int, tokens: int) -> int:
        """The offset at which the next `tokens` tokens after `start` end."""
        return max(start, self.offset(self.at(start) + tokens))


def _window_end(text: str, start: int) -> int:
    if len(text) - start <= _WINDOW:
        return len(text)
    for mark in ("\n\n", "\n", " "):
        found = text.rfind(mark, start + 1, start + _WINDOW)
        if found > start:
            return found + len(mark)
    return start + _WINDOW


def above(document: Parsed, headings: tuple[str, ...], token_ends: TokenEnds, room: int) -> tuple[str, ...]:
    """The headings as they may be embedded, in at most `room` tokens: the outermost go first, and one that is too
    long by itself (or a title, where there are none) is cut short."""
    kept = headings
    while kept and _size(document.title, kept, token_ends) > room:
        if len(kept) > 1:
            kept = kept[1:]
            continue
        return (_shortened(kept[0], token_ends, room),)
    if not kept and _size(document.title, (), token_ends) > room:
        return (_shortened(document.title, token_ends, room),)
    return kept


def _size(title: str, headings: tuple[str, ...], token_ends: TokenEnds) -> int:
    return len(token_ends(embedded_text(title, headings, "")))


def _shortened(heading: str, token_ends: TokenEnds, room: int) -> str:
    ends = token_ends(heading)
    short = heading[: ends[min(room, len(ends)) - 1]] if ends and room > 0 else ""
    while short and len(token_ends(f"{short}\n")) > room:
        short = short[:-1]
    return short.strip() or heading[:1]


def verified(
    document: Parsed, headings: tuple[str, ...], start: int, end: int, token_ends: TokenEnds, limit: int
) -> list[Cut]:
    """The stretch as a cut without blank edges; as several where the tokenizer counts more tokens than `limit`."""
    start, end = trimmed(document.text, start, end)
    if start == end:
        return []
    count = len(token_ends(embedded_text(document.title, headings, document.text[start:end])))
    if count <= limit or end - start < 2:
        return [Cut(start, end, headings, count)]
    middle = _middle(document.text, start, end)
    halves = (start, middle), (middle, end)
    return [cut for half in halves for cut in verified(document, headings, *half, token_ends, limit)]


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch without blank edges; the indentation of its first line stays. Empty where all of it is blank."""
    stretch = text[start:end]
    kept = len(stretch.rstrip())
    if not kept:
        return start, start
    blank = len(stretch) - len(stretch.lstrip())
    return start + stretch.rfind("\n", 0, blank) + 1, start + kept


def _middle(text: str, start: int, end: int) -> int:
    middle = (start + end) // 2
    space = max(text.rfind(mark, start + (middle - start) // 2, middle) for mark in " \n\t")
    return space + 1 if space > start else middle
