"""Plain text: paragraphs are what blank lines part."""

from typing import ClassVar, Literal

from mlwright.rag.parsers import ParserPart
from mlwright.rag.parsers._sniff import decode
from mlwright.rag.types import Block, Parsed


class Config(ParserPart):
    """Any text that has no parser of its own."""

    use: Literal["text"] = "text"
    suffixes: ClassVar[tuple[str, ...]] = (
        ".txt", ".text", ".adoc", ".org", ".tex", ".log", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".xml",
    )  # fmt: skip
    media_type: ClassVar[str] = "text/plain"

    def build(self) -> "Text":
        return Text()


class Text:
    """Decodes, and finds the paragraphs; `text` is the file itself."""

    def parse(self, data: bytes, key: str) -> Parsed:
        text, notes = decode(data)
        return Parsed(text=text, blocks=paragraphs(text), notes=notes)


def paragraphs(text: str) -> tuple[Block, ...]:
    """The stretches between blank lines, from their first to their last non-blank character."""
    blocks, start, end = [], -1, 0
    offset = 0
    for line in text.split("\n"):
        if line.strip():
            start = offset + len(line) - len(line.lstrip()) if start < 0 else start
            end = offset + len(line.rstrip())
        elif start >= 0:
            blocks.append(Block("paragraph", start, end))
            start = -1
        offset += len(line) + 1
    if start >= 0:
        blocks.append(Block("paragraph", start, end))
    return tuple(blocks)
