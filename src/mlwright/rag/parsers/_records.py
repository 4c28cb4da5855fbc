"""Records as text: one page each, headed by its name, a field a line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mlwright.rag.parsers._sheet import Sheet

_NAMES = ("title", "name", "heading", "subject", "question", "label", "id", "key", "slug")
"""What names a record, the best first; compared without case."""
_LONGEST_NAME = 200

Field = tuple[str, str]


def write(sheet: Sheet, records: Iterable[Sequence[Field]]) -> None:
    """Add each record as a page: a heading where a field names it (else its number), and its other fields."""
    for number, fields in enumerate(records, start=1):
        sheet.page()
        named = _name(fields)
        sheet.add("heading", named[1] if named else f"Record {number}", 1)
        sheet.add("paragraph", "\n".join(f"{name}: {value}" for name, value in fields if (name, value) != named))


def fields_of(record: Mapping[str, Any]) -> list[Field]:
    """The fields of a nested record in order, as `address.city`; lists of plain values are one field."""
    return [(path, words) for path, value in _flat("", record) if (words := _words(value))]


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(f"{path}.{name}" if path else str(name), inner)
    elif isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        for number, inner in enumerate(value):
            yield from _flat(f"{path}[{number}]", inner)
    else:
        yield path, value


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_words, value)))
    if value is None or isinstance(value, Mapping):
        return ""
    return "\n".join(line.rstrip() for line in str(value).strip().splitlines())


def _name(fields: Sequence[Field]) -> Field | None:
    found = {name.lower(): (name, value) for name, value in reversed(fields)}
    named = (found[name] for name in _NAMES if name in found)
    return next((field for field in named if len(field[1]) <= _LONGEST_NAME and "\n" not in field[1]), None)
