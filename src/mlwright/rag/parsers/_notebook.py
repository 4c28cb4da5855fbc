"""Reads notebooks: cells in order, Markdown by its structure, outputs as text."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parsers._commonmark import Markdown
from mlwright.rag.parsers._marks import heading
from mlwright.rag.parsers._sheet import Sheet
from mlwright.rag.parsers._sniff import decode
from mlwright.rag.types import Parsed

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LONGEST_OUTPUT = 20_000
_TEXTS = ("text/markdown", "text/plain", "text/latex")


class Notebook:
    """Holds one Markdown parser."""

    def __init__(self) -> None:
        self._markdown = Markdown()

    def parse(self, data: bytes, key: str) -> Parsed:
        text, notes = decode(data)
        book = _loaded(text, key)
        sheet, said = Sheet(), list(notes)
        for number, cell in enumerate(_cells(book), start=1):
            sheet.page()
            self._cell(sheet, cell)
            said += [f"cell {number} shows {kind}, which was left out" for kind in _pictures(cell)]
        written, blocks, pages = sheet.done()
        if not written.strip():
            raise Unreadable(f"{key} holds no text in its cells", reason="no_text", hint="fill it, or remove it")
        about = _mapping(book.get("metadata"))
        code = _mapping(about.get("kernelspec")).get("language") or _mapping(about.get("language_info")).get("name")
        title = str(about.get("title") or "") or sheet.first()
        names = [str(one.get("name", "")) for one in about.get("authors") or () if isinstance(one, Mapping)]
        meta = {"author": ", ".join(filter(None, names)), "code": str(code or "")}
        meta = {name: value for name, value in meta.items() if value}
        return Parsed(written, blocks, title, pages, meta, "application/x-ipynb+json", tuple(said))

    def _cell(self, sheet: Sheet, cell: Mapping[str, Any]) -> None:
        source = _joined(cell.get("source", cell.get("input")))
        if cell.get("cell_type") == "markdown":
            parsed = self._markdown.parse(source.encode("utf-8", "replace"), "")
            for block in parsed.blocks:
                words = heading(parsed, block) if block.level else parsed.text[block.start : block.end]
                sheet.add(block.kind, words, block.level)
        elif cell.get("cell_type") == "heading":  # format 3
            sheet.add("heading", source, min(6, max(1, int(cell.get("level") or 1))))
        else:
            sheet.add("code" if cell.get("cell_type") == "code" else "paragraph", source)
        for output in cell.get("outputs") or ():
            sheet.add("code", _output(_mapping(output))[:_LONGEST_OUTPUT])


def _loaded(text: str, key: str) -> Mapping[str, Any]:
    try:
        book = json.loads(text)
    except ValueError as error:
        raise Unreadable(
            f"{key} is no JSON: {error}", reason="broken", hint="open it in Jupyter and save it"
        ) from error
    if not isinstance(book, Mapping) or not (isinstance(book.get("cells"), list) or book.get("worksheets")):
        raise Unreadable(
            f"{key} is no notebook: it has no cells", reason="broken", hint="open it in Jupyter and save it"
        )
    return book


def _cells(book: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    sheets = [book, *(one for one in book.get("worksheets") or () if isinstance(one, Mapping))]
    return (cell for sheet in sheets for cell in sheet.get("cells") or () if isinstance(cell, Mapping))


def _output(output: Mapping[str, Any]) -> str:
    data = _mapping(output.get("data"))
    kind = next((kind for kind in _TEXTS if data.get(kind)), "")
    if output.get("output_type") in ("error", "pyerr"):
        return f"{output.get('ename', 'error')}: {output.get('evalue', '')}"
    return _COLOURS.sub("", _joined(data.get(kind) if kind else output.get("text")))


def _pictures(cell: Mapping[str, Any]) -> Iterator[str]:
    for output in cell.get("outputs") or ():
        data = _mapping(_mapping(output).get("data"))
        kinds = [kind for kind in data if kind.startswith(("image/", "application/vnd", "application/javascript"))]
        yield from kinds[:1]


def _joined(source: Any) -> str:
    if isinstance(source, list):
        return "".join(map(str, source))
    return source if isinstance(source, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
