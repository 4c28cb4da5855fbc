"""Reads PDF with pypdfium2: lines with their places and fonts, page by page, and what the file says of itself."""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parsers import When
from mlwright.rag.parsers._columns import in_columns
from mlwright.rag.parsers._fields import one_line, pdf_date, with_shared_names
from mlwright.rag.parsers._layout import Line, without_repeated, write
from mlwright.rag.parsers._ocr import obstacle, recognised
from mlwright.rag.parsers._picture import picture
from mlwright.rag.types import MetaValue, Parsed

_BREAK = re.compile(r"\r\n|[\r\n\x02\ufffe]")
_HYPHENS = ("\x02", "\ufffe")
"""What pdfium puts where a line ended in a hyphen; there is no line break beside it."""
_LAM_ALEF = re.compile("[\u0622\u0623\u0625\u0627]\u0644")
_SCRIPTS = re.compile("(?<=[A-Za-z])(?=[\u0621-\u064a])|(?<=[\u0621-\u064a])(?=[A-Za-z])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_GAP = re.compile(r"(?<=\S) +(?=\S)")
_WIDE, _MARKS = 0.9, 8
_BOLD = re.compile(r"bold|black|heavy|demi|(?:cm|sf)b[xc]\d|medi$")
_LEADERS = re.compile(r"(?:\s?\.){5,}\s?")
_META = {
    "Title": "title",
    "Author": "author",
    "Subject": "subject",
    "Keywords": "tags",
    "CreationDate": "created",
    "ModDate": "updated",
    "Producer": "producer",
}


class Pdf:
    """Reads at most `most` pages. `ocr` says when characters are recognised in the image of a page, in `languages`;
    pdfium itself is not thread-safe, and a worker has one thread."""

    def __init__(self, most: int, ocr: When, languages: str) -> None:
        self._most, self._ocr, self._languages = most, ocr, languages

    def parse(self, data: bytes, key: str) -> Parsed:
        document = _open(data, key)
        try:
            if len(document) > self._most:
                raise Unreadable(
                    f"{key} has {len(document):,} pages, more than the {self._most:,} that are read",
                    reason="too_large",
                    hint="split the file, or raise `parse.pages` of the pipeline",
                )
            pages = [self._page(document, number) for number in range(len(document))]
            meta = _meta(document)
        finally:
            document.close()
        kept = without_repeated([page.lines for page in pages])
        if not any(kept):
            raise Unreadable(
                f"{key} holds no text on its pages: {_why(pages)}",
                reason="no_text",
                hint=self._remedy(pages),
            )
        text, blocks, starts = write(kept)
        first = next((text[block.start : block.end] for block in blocks if block.kind == "heading"), "")
        title = one_line(meta.get("title", "")) or " ".join(first.split())
        return Parsed(text, blocks, title, starts, meta, "application/pdf", tuple(_notes(pages, kept)))

    def draw(self, data: bytes, key: str, page: int, width: int) -> bytes:
        document = _open(data, key)
        try:
            if not 1 <= page <= len(document):
                raise Unreadable(
                    f"{key} has no page {page}", reason="no_page", hint=f"its pages are 1 to {len(document)}"
                )
            try:
                return picture(document[page - 1], width)
            except pdfium.PdfiumError as error:
                raise Unreadable(
                    f"page {page} of {key} cannot be drawn: {error}",
                    reason="broken",
                    hint="open the file with a PDF program and save it anew",
                ) from error
        finally:
            document.close()

    def _page(self, document: pdfium.PdfDocument, number: int) -> "_Page":
        try:
            page = document[number]
        except pdfium.PdfiumError:
            return _Page([], images=False, broken=True)
        try:
            lines, garbled = _lines(page)
            images = len(lines) < 4 and any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]))
            wanted = self._ocr == "always" or (self._ocr == "auto" and not lines and (images or garbled))
            if not wanted:
                return _Page(lines, images, garbled=garbled)
            trouble, found = obstacle(self._languages), None
            if not trouble:
                found = recognised(page, self._languages)
                trouble = "tesseract failed on it" if found is None else ""
            return _Page(found or lines, images, garbled=garbled, recognised=bool(found), trouble=trouble)
        finally:
            page.close()

    def _remedy(self, pages: "list[_Page]") -> str:
        if self._ocr == "never":
            return "set `parse.ocr` of the pipeline to `auto`, or run an OCR program over it first"
        trouble = next((page.trouble for page in pages if page.trouble), "")
        if trouble:
            return f"{trouble}: mend that and run `mlwright quarantine --replay`, or run an OCR program over it first"
        return "tesseract finds no text in it either; is it drawn, or in another language than `parse.languages`?"


@dataclass(frozen=True, slots=True)
class _Page:
    lines: list[Line]
    images: bool
    broken: bool = False
    garbled: bool = False
    recognised: bool = False
    trouble: str = ""
    """Why no characters were recognised though that was wanted."""


def _open(data: bytes, key: str) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY) or "assword" in str(error):
            raise Unreadable(
                f"{key} is encrypted and asks for a password",
                reason="encrypted",
                hint="save a copy of it without a password",
            ) from error
        raise Unreadable(
            f"{key} is no whole PDF: {error}", reason="broken", hint="open it with a PDF program and save it anew"
        ) from error


def _lines(page: pdfium.PdfPage) -> tuple[list[Line], bool]:
    width, height = page.get_size()
    words = page.get_textpage()
    try:
        count = words.count_chars()
        text = words.get_text_range() if count > 0 else ""
        if len(text) != count:  # a character outside the basic plane, or one that pdfium leaves out of the text
            text = "".join(_character(words, index) for index in range(count))
        if _LAM_ALEF.search(text):
            text = _ligatures_in_order(words, text)
        ranges = [found for found in _ranges(text) if text[found[0] : found[1]].strip()]
        garbled = [found for found in ranges if _is_garbled(text[found[0] : found[1]])]
        pieces = [piece for found in ranges if found not in garbled for piece in _pieces(words, text, *found)]
        lines = [_line(words, text, *piece, width, height) for piece in pieces]
        return in_columns(lines), bool(garbled)
    finally:
        words.close()


def _ligatures_in_order(words: pdfium.PdfTextPage, text: str) -> str:
    """One Arabic glyph stands for lam and alef; pdfium turns its two letters around with the rest of the line."""
    letters = list(text)
    for found in _LAM_ALEF.finditer(text):
        first, second = _box(words, found.start()), _box(words, found.start() + 1)
        if abs(first.left - second.left) < 0.5 and abs(first.right - second.right) < 0.5:
            letters[found.start()], letters[found.start() + 1] = found[0][1], found[0][0]
    return "".join(letters)


def _character(words: pdfium.PdfTextPage, index: int) -> str:
    code = raw.FPDFText_GetUnicode(words.raw, index)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _ranges(text: str) -> Iterator[tuple[int, int, bool]]:
    """(start, end, ends in a hyphen) of each line."""
    start = 0
    for found in _BREAK.finditer(text):
        yield start, found.start(), found[0] in _HYPHENS
        start = found.end()
    yield start, len(text), False


def _pieces(
    words: pdfium.PdfTextPage, text: str, start: int, end: int, hyphen: bool
) -> Iterator[tuple[int, int, bool]]:
    """A line, parted where a gap is too wide for a space between words, as between columns."""
    for found in _GAP.finditer(text, start, end):
        before, after = _box(words, found.start() - 1), _box(words, found.end())
        if after.left - before.right > _WIDE * (before.top - before.bottom) and found.start() > start:
            yield from _spaced(words, start, found.start(), hyphen=False)
            start = found.end()
    yield from _spaced(words, start, end, hyphen=hyphen)


def _spaced(words: pdfium.PdfTextPage, start: int, end: int, *, hyphen: bool) -> Iterator[tuple[int, int, bool]]:
    """A few letters that stand far apart, as marks in the columns of a table, each by itself."""
    if 1 < end - start <= _MARKS:
        first, last = _box(words, start), _box(words, end - 1)
        if last.right - first.left > (end - start) * (first.top - first.bottom):
            yield from ((at, at + 1, False) for at in range(start, end))
            return
    yield start, end, hyphen


def _line(
    words: pdfium.PdfTextPage, text: str, start: int, end: int, hyphen: bool, width: float, height: float
) -> Line:
    stretch = text[start:end]
    first = start + len(stretch) - len(stretch.lstrip())
    last = start + len(stretch.rstrip()) - 1
    boxes = [_box(words, index) for index in {first, (first + last) // 2, last}]
    tallest = max(boxes, key=lambda box: box.top - box.bottom)
    font, weight = _font(words, (first + last) // 2), raw.FPDFText_GetFontWeight(words.raw, (first + last) // 2)
    return Line(
        text=_clean(stretch),
        left=min(box.left for box in boxes) / (width or 1),
        right=max(box.right for box in boxes) / (width or 1),
        bottom=tallest.bottom / (height or 1),
        top=tallest.top / (height or 1),
        size=round((tallest.top - tallest.bottom) * 2) / 2,
        bold=_BOLD.search(font) is not None or weight >= 600,
        mono="mono" in font or "courier" in font or "code" in font or "consol" in font,
        hyphen=hyphen,
    )


def _clean(line: str) -> str:
    """Without soft hyphens and leaders of dots; a space between Latin and Arabic words, where pdfium loses it."""
    line = _CONTROL.sub(" ", line.replace("\xad", ""))
    return " ".join(_LEADERS.sub(" \u2026 ", _SCRIPTS.sub(" ", line)).split())


def _box(words: pdfium.PdfTextPage, index: int) -> raw.FS_RECTF:
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(words.raw, index, box)
    return box


def _font(words: pdfium.PdfTextPage, index: int) -> str:
    name = ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(words.raw, index, name, 128, None)
    return name.value.decode("utf-8", "replace").lower()


def _meta(document: pdfium.PdfDocument) -> dict[str, MetaValue]:
    given = {
        name: " ".join(value.replace("\0", " ").split())
        for name, value in document.get_metadata_dict(skip_empty=True).items()
    }
    meta = {ours: given[theirs] for theirs, ours in _META.items() if given.get(theirs)}
    return with_shared_names(meta | {name: pdf_date(meta.get(name, "")) for name in ("created", "updated")})


def _is_garbled(line: str) -> bool:
    """Control characters for letters: the font has no table of what its glyphs mean."""
    return len(_CONTROL.findall(line)) > 0.2 * len(line.replace(" ", ""))


def _why(pages: list[_Page]) -> str:
    if any(page.garbled for page in pages):
        return "its fonts do not say which letters they show"
    return "they are images" if any(page.images for page in pages) else "they are empty or drawn"


def _notes(pages: list[_Page], kept: list[list[Line]]) -> Iterator[str]:
    for number, (page, lines) in enumerate(zip(pages, kept, strict=True), start=1):
        if page.recognised:
            yield f"page {number} was read by character recognition, which may be wrong"
        elif page.broken:
            yield f"page {number} is broken and was left out"
        elif page.garbled:
            yield f"page {number} has text whose font does not say which letters it shows; it was left out"
        elif not lines:
            what = "an image" if page.images else "it is empty"
            yield f"page {number} has no text ({'; '.join(filter(None, (what, page.trouble)))})"
