"""CSV and TSV: each row is a record of its own, under the names of its columns."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Literal

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parsers import ParserPart
from mlwright.rag.parsers._records import Field, write
from mlwright.rag.parsers._sheet import Sheet
from mlwright.rag.parsers._sniff import decode
from mlwright.rag.types import Parsed

_DELIMITERS = ",\t;|"
_SAMPLE_LINES = 50


class Config(ParserPart):
    """Tables with one record a row. A row that does not fit the columns makes the file unreadable, and is named."""

    use: Literal["csv"] = "csv"
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".tab")
    media_type: ClassVar[str] = "text/csv"

    def build(self) -> "Csv":
        return Csv()


class Csv:
    """Reads strictly: quotes and numbers of fields must agree, because a shifted row would say something untrue."""

    def parse(self, data: bytes, key: str) -> Parsed:
        text, notes = decode(data)
        if "\0" in text:
            raise _malformed(key, text.count("\n", 0, text.index("\0")) + 1, "a null byte")
        csv.field_size_limit(max(len(text), 1 << 17))
        sheet = Sheet()
        write(sheet, _records(_rows(text, key), key))
        written, blocks, pages = sheet.done()
        if not pages:
            raise Unreadable(f"{key} has a head and no rows", reason="no_text", hint="fill it, or remove it")
        return Parsed(written, blocks, pages=pages, media_type="text/csv", notes=notes)


def _rows(text: str, key: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, with the lines that they start on."""
    source = io.StringIO(text, newline="")
    rows = csv.reader(source, delimiter=_delimiter(text), strict=True)
    before = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise _malformed(key, before + 1, str(error)) from error
        if any(cell.strip() for cell in row):
            yield before + 1, row
        before = rows.line_num


def _delimiter(text: str) -> str:
    """The one that parts most lines of the beginning into the same number of fields; a comma where none does."""
    lines = [line for line in text[: 1 << 16].splitlines()[:_SAMPLE_LINES] if line.strip()]
    best, most = ",", 0.0
    for delimiter in _DELIMITERS:
        counts = Counter(line.count(delimiter) for line in lines)
        (number, agree), *_ = counts.most_common(1)
        share = agree / len(lines) if number else 0.0
        if share > most:
            best, most = delimiter, share
    return best


def _records(rows: Iterator[tuple[int, list[str]]], key: str) -> Iterator[list[Field]]:
    line, first = next(rows, (1, []))
    head = [cell.strip().lstrip("\ufeff") for cell in first]
    named = all(head) and len(set(head)) == len(head) and not any(map(_is_number, head))
    columns = head if named else [f"column {number}" for number in range(1, len(head) + 1)]
    if not named:
        yield _fields(columns, first)
    for line, row in rows:
        if len(row) != len(columns):
            raise _malformed(key, line, f"{len(row)} fields where the head has {len(columns)}")
        yield _fields(columns, row)


def _fields(columns: list[str], row: list[str]) -> list[Field]:
    return [(name, value.strip()) for name, value in zip(columns, row, strict=True) if value.strip()]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _malformed(key: str, line: int, why: str) -> Unreadable:
    return Unreadable(
        f"{key} is no well-formed table, line {line}: {why}",
        reason="malformed",
        hint="put fields that hold the delimiter or a quote in quotes, with quotes inside doubled; each row needs as "
        "many fields as the head",
    )
