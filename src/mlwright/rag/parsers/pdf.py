"""PDF: text in reading order with pages, headings by font size, and without running headers and footers."""

from typing import ClassVar, Literal

from mlwright.rag.parsers import Parser, ParserPart


class Config(ParserPart):
    """PDF files that hold text; scanned pages are named and left out."""

    use: Literal["pdf"] = "pdf"
    suffixes: ClassVar[tuple[str, ...]] = (".pdf",)
    media_type: ClassVar[str] = "application/pdf"

    @classmethod
    def matches(cls, head: bytes) -> bool:
        return b"%PDF-" in head[:1024]

    def build(self) -> Parser:
        from mlwright.rag.parsers._pdfium import Pdf

        return Pdf()
