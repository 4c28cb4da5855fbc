"""E-mail: who wrote to whom and when, the text or else the HTML of the message; attachments are named."""

import re
from typing import ClassVar, Literal

from mlwright.rag.parsers import Parser, ParserPart

_HEADER = re.compile(rb"[\w-]+:(?:[ \t]|$)")
_SURE = {b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"received", b"return-path"}


class Config(ParserPart):
    """One message a file, as mail programs save it."""

    use: Literal["eml"] = "eml"
    suffixes: ClassVar[tuple[str, ...]] = (".eml",)
    media_type: ClassVar[str] = "text/x-email"

    @classmethod
    def matches(cls, head: bytes) -> bool:
        lines = head.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0].split(b"\n")
        starts = [line for line in lines if not line.startswith((b" ", b"\t"))]
        names = {line.split(b":")[0].lower() for line in starts if _HEADER.match(line)}
        return all(map(_HEADER.match, starts)) and b"from" in names and len(names & _SURE) >= 3

    def build(self) -> Parser:
        from mlwright.rag.parsers._mail import Mail

        return Mail()
