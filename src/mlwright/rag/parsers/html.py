"""HTML: the main content of a page with its headings, code, lists and tables; navigation is dropped."""

import re
from typing import ClassVar, Literal

from mlwright.rag.parsers import Parser, ParserPart

_START = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?>.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)


class Config(ParserPart):
    """Web pages."""

    use: Literal["html"] = "html"
    suffixes: ClassVar[tuple[str, ...]] = (".html", ".htm", ".xhtml")
    media_type: ClassVar[str] = "text/html"

    @classmethod
    def matches(cls, head: bytes) -> bool:
        return _START.match(head) is not None

    def build(self) -> Parser:
        from mlwright.rag.parsers._page import Html

        return Html()
