"""What pdfium knows of the glyphs of a page: the letters they show, where each stands, and its font.

By the functions of pdfium itself: the objects that pypdfium2 puts around them, and the checks of what they are given,
cost more than the answers, and a page asks where hundreds of its glyphs stand.
"""

import ctypes
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import repeat
from types import TracebackType
from typing import Any, Self

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw

_BOLD = re.compile(r"bold|black|heavy|demi|(?:cm|sf)b[xc]\d|medi$")
_MONO = re.compile("mono|courier|code|consol")
_HEAVY = 600
_LONGEST_NAME = 128
_DEEPEST = 15
"""Forms may hold forms."""

Boxes = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
LEFT, TOP, RIGHT, BOTTOM = range(4)
"""The columns of boxes."""


def _plain(function: Any) -> Callable[..., int]:
    """Without the types of its arguments, whole numbers go as int and pointers as what `byref` gives; and without
    giving other threads a turn, for it answers at once."""
    return ctypes.PYFUNCTYPE(ctypes.c_int)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_box, _letters, _code = map(_plain, (raw.FPDFText_GetLooseCharBox, raw.FPDFText_GetText, raw.FPDFText_GetUnicode))
_font_name, _font_weight = _plain(raw.FPDFText_GetFontInfo), _plain(raw.FPDFText_GetFontWeight)


class Glyphs:
    """The glyphs of one page, counted from 0, until it is closed. Raises PdfiumError where the page is broken."""

    def __init__(self, document: pdfium.PdfDocument, number: int) -> None:
        self._page = raw.FPDF_LoadPage(document.raw, number)
        self._words = raw.FPDFText_LoadPage(self._page)
        if not self._words:
            raw.FPDF_ClosePage(self._page)
            raise pdfium.PdfiumError("the page is broken")
        self._there = ctypes.byref(self._words.contents)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        raw.FPDFText_ClosePage(self._words)
        raw.FPDF_ClosePage(self._page)

    def size(self) -> tuple[float, float]:
        """Width and height of the page, in points."""
        return raw.FPDF_GetPageWidthF(self._page), raw.FPDF_GetPageHeightF(self._page)

    def text(self) -> str:
        """One letter for each glyph."""
        count = max(0, raw.FPDFText_CountChars(self._words))
        units = np.empty(2 * count + 1, np.uint16)
        given = _letters(self._there, 0, count, ctypes.c_void_p(units.ctypes.data)) if count else 1
        text = units[: given - 1].tobytes().decode("utf-16-le", "replace")
        return text if len(text) == count else self._letter_by_letter(count)

    def _letter_by_letter(self, count: int) -> str:
        """For a page with letters outside the basic plane, or with some that pdfium leaves out of its text."""
        codes = map(_code, repeat(self._there, count), range(count))
        return "".join([chr(code) if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else "\ufffd" for code in codes])

    def boxes(self, numbers: Iterable[int]) -> Boxes:
        """Where glyphs stand, in points from the left and bottom edge: a row for each. A number that no glyph has gives
        any place."""
        box, boxes = raw.FS_RECTF(), bytearray()
        page, here = self._there, ctypes.byref(box)
        for number in numbers:
            _box(page, number, here)
            boxes += box
        return np.frombuffer(boxes, np.float32).reshape(-1, 4).astype(np.float64)

    def fonts(self, numbers: Iterable[int]) -> Iterator[tuple[bool, bool]]:
        """Whether glyphs are bold, and whether all letters of their font are of one width."""
        name = ctypes.create_string_buffer(_LONGEST_NAME)
        for number in numbers:
            name[0] = b"\0"
            _font_name(self._there, number, name, _LONGEST_NAME, None)
            bold, mono = _style(name.value)
            yield bold or _font_weight(self._there, number) >= _HEAVY, mono

    def beside_image(self) -> bool:
        """Whether the page shows an image."""
        return _holds_image(self._page, raw.FPDFPage_CountObjects, raw.FPDFPage_GetObject, _DEEPEST)


@lru_cache
def _style(name: bytes) -> tuple[bool, bool]:
    font = name.decode("utf-8", "replace").lower()
    return _BOLD.search(font) is not None, _MONO.search(font) is not None


def _holds_image(holder: Any, count: Callable[[Any], int], at: Callable[[Any, int], Any], depth: int) -> bool:
    for number in range(count(holder)):
        one = at(holder, number)
        kind = raw.FPDFPageObj_GetType(one)
        if kind == raw.FPDF_PAGEOBJ_IMAGE:
            return True
        inside = kind == raw.FPDF_PAGEOBJ_FORM and depth > 1
        if inside and _holds_image(one, raw.FPDFFormObj_CountObjects, raw.FPDFFormObj_GetObject, depth - 1):
            return True
    return False
