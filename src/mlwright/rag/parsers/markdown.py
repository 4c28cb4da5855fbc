"""Markdown: CommonMark with tables; the text is the source itself, so that citations name lines of the file."""

from typing import ClassVar, Literal

from mlwright.rag.parsers import Parser, ParserPart


class Config(ParserPart):
    """Markdown files, with or without front matter."""

    use: Literal["markdown"] = "markdown"
    suffixes: ClassVar[tuple[str, ...]] = (".md", ".markdown", ".mdx", ".mkd")
    media_type: ClassVar[str] = "text/markdown"

    def build(self) -> Parser:
        from mlwright.rag.parsers._commonmark import Markdown

        return Markdown()
