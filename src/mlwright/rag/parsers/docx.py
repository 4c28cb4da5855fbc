"""Word documents (DOCX): headings, lists, tables, notes and what the file says of itself."""

from typing import ClassVar, Literal

from mlwright.rag.parsers import Parser, ParserPart

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Config(ParserPart):
    """Word documents of 2007 and later, macros or not; nothing in them is run."""

    use: Literal["docx"] = "docx"
    suffixes: ClassVar[tuple[str, ...]] = (".docx", ".docm", ".dotx")
    media_type: ClassVar[str] = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    @classmethod
    def matches(cls, head: bytes) -> bool:
        return (head.startswith(b"PK") and b"word/document.xml" in head) or head.startswith(_OLE)

    def build(self) -> Parser:
        from mlwright.rag.parsers._word import Word

        return Word()
