"""JSON and JSON Lines: each object of a list or of a line is a record of its own."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parsers import ParserPart
from mlwright.rag.parsers._records import fields_of, write
from mlwright.rag.parsers._sheet import Sheet
from mlwright.rag.parsers._sniff import decode
from mlwright.rag.types import Parsed

_LINES = (".jsonl", ".ndjson")


class Config(ParserPart):
    """Records of JSON. A list of objects, alone or as the only list of an object, is many records; else it is one."""

    use: Literal["json"] = "json"
    suffixes: ClassVar[tuple[str, ...]] = (".json", *_LINES)
    media_type: ClassVar[str] = "text/json"

    def build(self) -> "Json":
        return Json()


class Json:
    """Strict: what is no JSON is unreadable, with its line."""

    def parse(self, data: bytes, key: str) -> Parsed:
        text, notes = decode(data)
        lines = key.lower().endswith(_LINES)
        records = _by_line(text, key) if lines else _records(_loaded(text, key, 1))
        sheet = Sheet()
        write(sheet, (fields_of(record) for record in records))
        written, blocks, pages = sheet.done()
        if not any(block.kind == "paragraph" for block in blocks):
            raise Unreadable(f"{key} holds no values", reason="no_text", hint="fill it, or remove it")
        media_type = "application/x-ndjson" if lines else "application/json"
        return Parsed(written, blocks, pages=pages if len(records) > 1 else (), media_type=media_type, notes=notes)


def _by_line(text: str, key: str) -> list[Mapping[str, Any]]:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    return [_record(_loaded(line, key, number)) for number, line in lines]


def _loaded(text: str, key: str, line: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        place = line + getattr(error, "lineno", 1) - 1
        raise Unreadable(
            f"{key} is no JSON, line {place}: {getattr(error, 'msg', error)}",
            reason="malformed",
            hint="one value in .json, one value a line in .jsonl",
        ) from error


def _records(value: Any) -> list[Mapping[str, Any]]:
    """The records of a whole document."""
    if isinstance(value, Mapping):
        lists = [inner for inner in value.values() if isinstance(inner, list) and _of_objects(inner)]
        rest = [inner for inner in value.values() if isinstance(inner, Mapping)]
        value = lists[0] if len(lists) == 1 and not rest else value
    return [_record(one) for one in value] if isinstance(value, list) and value else [_record(value)]


def _of_objects(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(one, Mapping) for one in values)


def _record(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {"value": value}
