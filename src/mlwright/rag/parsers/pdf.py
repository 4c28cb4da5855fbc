"""PDF: text in reading order with pages, headings by font size, tables, and without running headers and footers."""

from typing import ClassVar, Literal

from pydantic import Field

from mlwright.rag.parsers import Parser, ParserPart, When


class Config(ParserPart):
    """PDF files. Characters on scanned pages are recognised where tesseract is installed; else the pages are named."""

    use: Literal["pdf"] = "pdf"
    suffixes: ClassVar[tuple[str, ...]] = (".pdf",)
    media_type: ClassVar[str] = "application/pdf"
    draws: ClassVar[bool] = True
    pages: int = Field(default=5000, ge=1)
    """Longer files are not read."""
    ocr: When = "auto"
    """Recognise characters: on pages that have no text of their own, on none, or on all."""
    languages: str = Field(default="eng", pattern=r"^\w+(\+\w+)*$")
    """The languages of scanned pages as tesseract names them: `eng`, or `deu+eng`."""

    @classmethod
    def matches(cls, head: bytes) -> bool:
        return b"%PDF-" in head[:1024]

    def build(self) -> Parser:
        from mlwright.rag.parsers._pdfium import Pdf

        return Pdf(self.pages, self.ocr, self.languages)
