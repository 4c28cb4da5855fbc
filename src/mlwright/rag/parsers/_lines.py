"""The lines of a page of a PDF: what they say, where they stand, and in which type."""

import re
from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np

from mlwright.rag.parsers._glyphs import BOTTOM, LEFT, RIGHT, TOP, Glyphs
from mlwright.rag.parsers._layout import Line

_BREAK = re.compile("[\r\n\x02\ufffe]")
_HYPHENS = ("\x02", "\ufffe")
"""What pdfium puts where a line ended in a hyphen; there is no line break beside it."""
_LAM_ALEF = re.compile("[\u0622\u0623\u0625\u0627]\u0644")
_SCRIPTS = re.compile("(?<=[A-Za-z])(?=[\u0621-\u064a])|(?<=[\u0621-\u064a])(?=[A-Za-z])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WIDE, _MARKS = 0.9, 8
_LEADERS = re.compile(r"(?:\s?\.){5,}\s?")
_LEADING = 5

_Stretch = tuple[int, int, bool]
"""Where a line, or a piece of one, starts and ends in the text of the page, and whether it ends in a hyphen."""


def lines_of(glyphs: Glyphs) -> tuple[list[Line], bool]:
    """The lines of a page in the order of the file, parted at wide gaps; and whether some are left out because their
    font does not say which letters it shows."""
    text = glyphs.text()
    if _LAM_ALEF.search(text):
        text = _ligatures_in_order(glyphs, text)
    stretches = list(_stretches(text))
    clear = [found for found in stretches if not _is_garbled(text[found[0] : found[1]])]
    pieces = list(_spaced(glyphs, list(_parted(glyphs, text, clear)))) if clear else []
    return _lines(glyphs, text, pieces) if pieces else [], len(clear) < len(stretches)


def _ligatures_in_order(glyphs: Glyphs, text: str) -> str:
    """One Arabic glyph stands for lam and alef; pdfium turns its two letters around with the rest of the line."""
    letters = list(text)
    places = [found.start() for found in _LAM_ALEF.finditer(text)]
    apart = np.abs(glyphs.boxes(places) - glyphs.boxes([place + 1 for place in places]))
    for place, same in zip(places, ((apart[:, LEFT] < 0.5) & (apart[:, RIGHT] < 0.5)).tolist(), strict=True):
        if same:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
    return "".join(letters)


def _stretches(text: str) -> Iterator[_Stretch]:
    """Each line that is not blank."""
    start = 0
    for found in _BREAK.finditer(text):
        end = found.start()
        if start < end and not text[start:end].isspace():
            yield start, end, found[0] in _HYPHENS
        start = end + 1
    if text[start:].strip():
        yield start, len(text), False


def _is_garbled(line: str) -> bool:
    """Control characters for letters: the font has no table of what its glyphs mean."""
    return not line.isprintable() and len(_CONTROL.findall(line)) > 0.2 * len(line.replace(" ", ""))


def _parted(glyphs: Glyphs, text: str, lines: Sequence[_Stretch]) -> Iterator[_Stretch]:
    """The lines, parted where a gap is too wide for a space between words, as between columns."""
    wide = deque(_wide_gaps(glyphs, text))
    for start, end, hyphen in lines:
        while wide and wide[0][0] < end:
            gap, behind = wide.popleft()
            if start < gap and behind < end:
                yield start, gap, False
                start = behind
        yield start, end, hyphen


def _wide_gaps(glyphs: Glyphs, text: str) -> Iterator[tuple[int, int]]:
    """Where the spaces of each start and end; also of those around lines."""
    spaces = np.frombuffer(f"\n{text}\n".encode("utf-32-le"), np.uint32) == ord(" ")
    beside = np.flatnonzero(spaces[1:] != spaces[:-1])
    beside[::2] -= 1
    before, after = beside[::2], beside[1::2]
    boxes = glyphs.boxes(beside.tolist())
    wide = boxes[1::2, LEFT] - boxes[::2, RIGHT] > _WIDE * (boxes[::2, TOP] - boxes[::2, BOTTOM])
    return zip((before[wide] + 1).tolist(), after[wide].tolist(), strict=True)


def _spaced(glyphs: Glyphs, pieces: Sequence[_Stretch]) -> Iterator[_Stretch]:
    """A few letters that stand far apart, as marks in the columns of a table, each by itself."""
    few = [(start, end) for start, end, _ in pieces if 1 < end - start <= _MARKS]
    first, last = glyphs.boxes([start for start, _ in few]), glyphs.boxes([end - 1 for _, end in few])
    usual = np.array([end - start for start, end in few]) * (first[:, TOP] - first[:, BOTTOM])
    apart = {one for one, far in zip(few, (last[:, RIGHT] - first[:, LEFT] > usual).tolist(), strict=True) if far}
    for start, end, hyphen in pieces:
        if (start, end) in apart:
            yield from ((at, at + 1, False) for at in range(start, end))
        else:
            yield start, end, hyphen


def _lines(glyphs: Glyphs, text: str, pieces: Sequence[_Stretch]) -> list[Line]:
    """A line of each piece, placed by its first, middle and last letter."""
    width, height = (side or 1 for side in glyphs.size())
    letters = []
    for start, end, _ in pieces:
        stretch = text[start:end]
        first, last = end - len(stretch.lstrip()), start + len(stretch.rstrip()) - 1
        letters.append((first, (first + last) // 2, last))
    boxes = glyphs.boxes([index for three in letters for index in three]).reshape(-1, 3, 4)
    highest = (boxes[:, :, TOP] - boxes[:, :, BOTTOM]).argmax(axis=1)
    tallest = boxes[np.arange(len(boxes)), highest]
    places = np.array(
        (
            boxes[:, :, LEFT].min(axis=1) / width,
            boxes[:, :, RIGHT].max(axis=1) / width,
            tallest[:, BOTTOM] / height,
            tallest[:, TOP] / height,
            np.rint((tallest[:, TOP] - tallest[:, BOTTOM]) * 2) / 2,
        )
    ).T.tolist()
    fonts = glyphs.fonts([middle for _, middle, _ in letters])
    return [
        Line(_clean(text[start:end]), left, right, bottom, top, size, bold, mono, hyphen)
        for (start, end, hyphen), (left, right, bottom, top, size), (bold, mono) in zip(
            pieces, places, fonts, strict=True
        )
    ]


def _clean(line: str) -> str:
    """Without soft hyphens and leaders of dots; a space between Latin and Arabic words, where pdfium loses it."""
    if not line.isprintable():
        line = _CONTROL.sub(" ", line.replace("\xad", ""))
    if not line.isascii():
        line = _SCRIPTS.sub(" ", line)
    if line.count(".") >= _LEADING:
        line = _LEADERS.sub(" \u2026 ", line)
    return " ".join(line.split())
