"""Reads PDF with pypdfium2: its pages, and what the file says of itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parsers import When
from mlwright.rag.parsers._columns import in_columns
from mlwright.rag.parsers._fields import one_line, pdf_date, with_shared_names
from mlwright.rag.parsers._glyphs import Glyphs
from mlwright.rag.parsers._layout import Line, without_repeated, write
from mlwright.rag.parsers._lines import lines_of
from mlwright.rag.parsers._ocr import obstacle, recognised
from mlwright.rag.parsers._picture import picture
from mlwright.rag.types import MetaValue, Parsed

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
            glyphs = Glyphs(document, number)
        except pdfium.PdfiumError:
            return _Page([], images=False, broken=True)
        with glyphs:
            lines, garbled = lines_of(glyphs)
            page = _Page(in_columns(lines), len(lines) < 4 and glyphs.beside_image(), garbled=garbled)
        wanted = self._ocr == "always" or (self._ocr == "auto" and not lines and (page.images or garbled))
        return self._recognised(page, document[number]) if wanted else page

    def _recognised(self, page: "_Page", drawn: pdfium.PdfPage) -> "_Page":
        trouble, found = obstacle(self._languages), None
        if not trouble:
            found = recognised(drawn, self._languages)
            trouble = "tesseract failed on it" if found is None else ""
        return replace(page, lines=found or page.lines, recognised=bool(found), trouble=trouble)

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
            f"{key} is no whole PDF: {str(error).rstrip('.')}",
            reason="broken",
            hint="open it with a PDF program and save it anew",
        ) from error


def _meta(document: pdfium.PdfDocument) -> dict[str, MetaValue]:
    given = {ours: document.get_metadata_value(theirs) for theirs, ours in _META.items()}
    meta = {name: " ".join(value.replace("\0", " ").split()) for name, value in given.items() if value}
    dates = {name: pdf_date(meta.pop(name, "")) for name in ("created", "updated")}
    return with_shared_names(meta) | {name: date for name, date in dates.items() if date}


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
