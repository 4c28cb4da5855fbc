"""The words of a heading, without the marks that make it one."""

import re

from mlwright.rag.types import Block, Parsed

_LONGEST = 500
"""Characters of a heading that are looked at: a longer one is a paragraph that was marked by mistake."""
_UNDERLINE = re.compile(r"[ \t]*[\r\n]+[ \t]*(?:=+|-+)\s*$")
_CLOSING = re.compile(r"\s+#+\s*$")
_ATTRIBUTES = re.compile(r"\s*\{[^{}]*\}\s*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|`+)(.+?)\1")


def heading(document: Parsed, block: Block) -> str:
    """The heading in one line. In Markdown the hashes, underlines, attributes, links and emphasis go."""
    source = document.text[block.start : min(block.end, block.start + _LONGEST)].strip()
    if document.media_type == "text/markdown":
        source = source.lstrip("#") if source.startswith("#") else _UNDERLINE.sub("", source)
        source = _ATTRIBUTES.sub("", _CLOSING.sub("", source))
        source = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", source))
    return " ".join(source.split())


def first_heading(document: Parsed) -> str:
    return next((heading(document, block) for block in document.blocks if block.kind == "heading"), "")
