"""CSV and JSON: each row or object is a record of its own, and what does not fit is refused with its line."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parsers import csv as csv_part
from mlwright.rag.parsers import json as json_part
from mlwright.rag.places import page_of
from mlwright.rag.types import Parsed
from mlwright.testing.parsers import ParserSuite

TABLE = 'name,price,note\nPump,"1,200","two\nlines"\nValve,30,\n'
OBJECTS = [
    {"id": 1, "name": "Pump", "size": {"high": 3, "wide": [1, 2]}},
    {"id": 2, "parts": [{"a": "x"}, {"a": None}]},
]


class TestCsv(ParserSuite):
    config = csv_part.Config()
    samples = ((TABLE.encode(), "a.csv"), (b"a\tb\n1\t2\n", "b.tsv"), (b"1;2\n3;4\n", "c.csv"))


class TestJson(ParserSuite):
    config = json_part.Config()
    samples = (
        (json.dumps(OBJECTS).encode(), "a.json"),
        (b'{"version": 2, "names": ["a", "b"]}', "b.json"),
        (b'{"q": "why?"}\n\n{"q": "how?", "a": "so"}\n', "c.jsonl"),
    )


def table(source: str | bytes, key: str = "a.csv") -> Parsed:
    return csv_part.Config().build().parse(source if isinstance(source, bytes) else source.encode(), key)


def objects(source: str, key: str = "a.json") -> Parsed:
    return json_part.Config().build().parse(source.encode(), key)


def records(document: Parsed) -> list[str]:
    ends = [*document.pages[1:], len(document.text)]
    return [document.text[start:end].strip() for start, end in zip(document.pages, ends, strict=True)]


def refused(source: str | bytes, key: str = "a.csv") -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        (table if key.endswith("csv") else objects)(source, key)  # type: ignore[operator]
    return caught.value


def test_a_row_is_a_page_headed_by_its_name() -> None:
    document = table(TABLE)
    assert records(document) == ["Pump\n\nprice: 1,200\nnote: two\nlines", "Valve\n\nprice: 30"]
    assert [block.kind for block in document.blocks] == ["heading", "paragraph"] * 2
    assert page_of(document.text.index("30"), document.pages) == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    source = "\n".join(delimiter.join(row) for row in (["city", "size"], ["Bern", "1"], ["Rome", "2"]))
    assert records(table(source))[1] == "Record 2\n\ncity: Rome\nsize: 2"


def test_a_table_without_a_head_numbers_its_columns() -> None:
    assert records(table("1,2\n3,4\n"))[0] == "Record 1\n\ncolumn 1: 1\ncolumn 2: 2"


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("a,b\n1,2\n1,2,3\n", 3, "3 fields where the head has 2"),
        ('a,b\n1,"x\ny"\n\n4\n', 5, "1 fields where the head has 2"),
        ('a,b\n1,"said "no" twice"\n', 2, "expected after"),
        ('a,b\n1,"never closed\n2,3\n', 2, "end of data"),
        ("a,b\n1,2\n1,\0\n", 3, "null byte"),
    ],
)
def test_a_row_that_does_not_fit_is_named_by_its_line(source: str, line: int, says: str) -> None:
    error = refused(source)
    assert error.reason == "malformed"
    assert f"line {line}:" in error.message
    assert says in error.message


def test_a_real_table_that_is_broken_is_refused_and_whole_ones_are_read(shared_data: Path) -> None:
    folder = shared_data / "mlflow_docs_qa"
    error = refused((folder / "mlflow_docs_scraped.csv").read_bytes(), "mlflow_docs_scraped.csv")
    assert (error.reason, "line " in error.message) == ("malformed", True)
    assert len(table((folder / "static_evaluation_dataset.csv").read_bytes()).pages) == 56
    assert len(table((folder / "mlflow_qa_dataset.csv").read_bytes()).pages) == 30


def test_objects_of_a_list_are_records_with_nested_fields() -> None:
    assert records(objects(json.dumps(OBJECTS))) == [
        "Pump\n\nid: 1\nsize.high: 3\nsize.wide: 1, 2",
        "2\n\nparts[0].a: x",
    ]
    assert len(objects(json.dumps({"total": 2, "items": OBJECTS})).pages) == 2


def test_one_object_has_no_pages() -> None:
    document = objects('{"name": "pump", "deep": {"a": 1}}')
    assert (document.pages, document.text) == ((), "pump\n\ndeep.a: 1")


def test_broken_json_is_named_by_its_line() -> None:
    assert "line 3" in refused('{"a": 1}\n\n{"a": \n', "a.jsonl").message
    assert "line 2" in refused('{"a": 1,\n "b" 2}', "a.json").message
    assert refused("null", "a.json").reason == "no_text"


def test_a_thousand_nested_lists_do_no_harm() -> None:
    with pytest.raises((Unreadable, RecursionError)):
        objects("[" * 100_000)


@settings(max_examples=40, deadline=None)
@given(some.lists(some.tuples(some.text(), some.text()), min_size=1, max_size=5))
def test_every_table_that_a_writer_makes_is_read(rows: list[tuple[str, str]]) -> None:
    import csv
    import io

    clean = [
        tuple(cell.replace("\0", "").replace("\r", "").encode("utf-8", "replace").decode() for cell in row)
        for row in rows
    ]
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("first", "second"), *clean])
    if not any(cell.strip() for row in clean for cell in row):
        return
    assert len(table(out.getvalue()).pages) == sum(any(cell.strip() for cell in row) for row in clean)
