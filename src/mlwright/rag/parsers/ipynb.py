"""Jupyter notebooks: the words, the code and the texts that it gave; images and widgets are named."""

import re
from typing import ClassVar, Literal

from mlwright.rag.parsers import Parser, ParserPart

_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{")


class Config(ParserPart):
    """Notebooks of format 3 and 4. Each cell is a page, so that a citation names it."""

    use: Literal["ipynb"] = "ipynb"
    suffixes: ClassVar[tuple[str, ...]] = (".ipynb",)
    media_type: ClassVar[str] = "text/x-ipynb+json"

    @classmethod
    def matches(cls, head: bytes) -> bool:
        return _START.match(head) is not None and b'"cell_type"' in head and b'"cells"' in head

    def build(self) -> Parser:
        from mlwright.rag.parsers._notebook import Notebook

        return Notebook()
