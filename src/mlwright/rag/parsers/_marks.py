"""The words of a heading, without the marks that make it one."""

import re

from mlwright.rag.types import Block, Parsed

_LONGEST = 500
"""Characters of a heading that are looked at: a longer one is a paragraph that was marked by mistake."""
_UNDERLINE = re.compile(r"[ \t]*[\r\n]+[ \t]*(?:=+|-+)\s*$")
_CLOSING = re.compile(r"\s+#+\s*$")
_ATTRIBUTES = re.compile(r"\s*\{[^{}]*\}\s*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_ADORNMENT, _ROLE = re.compile(r"([!-/:-@\[-`{-~])\1+"), re.compile(r":[\w:.+-]+:(?=`)")
_EMPHASIS = re.compile(r"(\*\*|__|`+)(.+?)\1")


def heading(document: Parsed, block: Block) -> str:
    """The heading in one line. The marks of Markdown and reStructuredText go: hashes, adornments, attributes, links,
    roles and emphasis."""
    source = document.text[block.start : min(block.end, block.start + _LONGEST)].strip()
    if document.media_type == "text/markdown":
        source = source.lstrip("#") if source.startswith("#") else _UNDERLINE.sub("", source)
        source = _ATTRIBUTES.sub("", _CLOSING.sub("", source))
        source = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", source))
    elif document.media_type == "text/x-rst":
        lines = [line for line in source.splitlines() if not _ADORNMENT.fullmatch(line.strip())]
        source = _EMPHASIS.sub(r"\2", _ROLE.sub("", " ".join(lines) or source))
    return " ".join(source.split())


def first_heading(document: Parsed) -> str:
    return next((heading(document, block) for block in document.blocks if block.kind == "heading"), "")
