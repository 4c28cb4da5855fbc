"""Presentations (PPTX): each slide is a page with its title, lists, tables and speaker's notes."""

from typing import ClassVar, Literal

from mlwright.rag.parsers import Parser, ParserPart


class Config(ParserPart):
    """PowerPoint presentations of 2007 and later, macros or not; nothing in them is run."""

    use: Literal["pptx"] = "pptx"
    suffixes: ClassVar[tuple[str, ...]] = (".pptx", ".pptm", ".ppsx")
    media_type: ClassVar[str] = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

    @classmethod
    def matches(cls, head: bytes) -> bool:
        return head.startswith(b"PK") and b"ppt/presentation.xml" in head

    def build(self) -> Parser:
        from mlwright.rag.parsers._slides import Slides

        return Slides()
