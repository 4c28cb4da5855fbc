"""Reads Markdown with markdown-it-py: source lines of tokens become blocks with offsets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.token import Token
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mlwright.rag.parsers._fields import one_line, with_shared_names
from mlwright.rag.parsers._marks import first_heading
from mlwright.rag.parsers._sniff import decode
from mlwright.rag.types import Block, BlockKind, MetaValue, Parsed

_NEWLINE = re.compile(r"\r\n|\r|\n")
_FRONT_MATTER = re.compile(
    r"---[ \t]*(?:\r\n|\r|\n)(?P<yaml>.*?)(?:\r\n|\r|\n)(?:---|\.\.\.)[ \t]*(?:\r\n|\r|\n|\Z)", re.S
)
_LEAVES: dict[str, BlockKind] = {
    "heading_open": "heading",
    "paragraph_open": "paragraph",
    "html_block": "paragraph",
    "fence": "code",
    "code_block": "code",
    "table_open": "table",
}


class Markdown:
    """Holds one markdown-it parser."""

    def __init__(self) -> None:
        self._markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        self._markdown.disable("inline")  # only block structure is wanted: emphasis and links stay as they were written

    def parse(self, data: bytes, key: str) -> Parsed:
        text, notes = decode(data)
        front = _FRONT_MATTER.match(text)
        meta, bad = _meta(front["yaml"]) if front else ({}, ())
        blocks = _blocks(text, self._markdown.parse(_blanked(text, front.end() if front else 0)))
        if front:
            blocks.insert(0, Block("code", 0, len(text[: front.end()].rstrip())))
        parsed = Parsed(text, tuple(blocks), meta=meta, media_type="text/markdown", notes=notes + bad)
        return replace(parsed, title=one_line(meta.get("title", "")) or first_heading(parsed))


def _blanked(text: str, end: int) -> str:
    """The text with its first `end` characters made blank, line by line, so that lines keep their numbers."""
    return "\n" * len(_NEWLINE.findall(text, 0, end)) + text[end:]


def _blocks(text: str, tokens: Sequence[Token]) -> list[Block]:
    starts = [0, *(found.end() for found in _NEWLINE.finditer(text)), len(text)]
    blocks: list[Block] = []
    within: list[BlockKind] = []
    table = False
    for token in tokens:
        table = token.type == "table_open" or (table and token.type != "table_close")
        if token.type in ("blockquote_open", "list_item_open"):
            within.append("quote" if token.type == "blockquote_open" else "item")
        elif token.type in ("blockquote_close", "list_item_close"):
            within.pop()
        elif token.type in _LEAVES and token.map and (not table or token.type == "table_open"):
            kind = _LEAVES[token.type]
            kind = within[-1] if kind == "paragraph" and within else kind
            block = _block(text, starts[token.map[0]], starts[min(token.map[1], len(starts) - 1)], kind, token)
            if block and not (blocks and block.start < blocks[-1].end):
                blocks.append(block)
    return blocks


def _block(text: str, start: int, end: int, kind: BlockKind, token: Token) -> Block | None:
    stretch = text[start:end]
    if not stretch.strip():
        return None
    if kind != "code":
        start += len(stretch) - len(stretch.lstrip())
    return Block(kind, start, start + len(text[start:end].rstrip()), int(token.tag[1]) if kind == "heading" else 0)


def _meta(source: str) -> tuple[dict[str, MetaValue], tuple[str, ...]]:
    """Front matter as fields, and a note when it is no YAML mapping."""
    try:
        loaded = YAML(typ="safe", pure=True).load(source)
    except (YAMLError, ValueError, RecursionError) as error:
        place = getattr(error, "problem_mark", None)
        where = f" at line {place.line + 2}" if place else ""
        return {}, (f"the front matter is not valid YAML{where} and was left out of the metadata",)
    if loaded is None:
        return {}, ()
    if not isinstance(loaded, Mapping):
        return {}, ("the front matter is not a mapping and was left out of the metadata",)
    return with_shared_names({str(name).lower(): _value(value) for name, value in loaded.items() if _value(value)}), ()


def _value(value: object) -> MetaValue:
    """Several values where YAML has a list, else one text; empty for a mapping."""
    if isinstance(value, list | tuple | set):
        return tuple(filter(None, map(_plain, value)))
    return _plain(value)


def _plain(value: object) -> str:
    return "" if value is None or isinstance(value, Mapping | list | tuple | set) else str(value)
