"""Reading eval sets: every bad line is named, and a version is its content."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlwright.evals import EvalExample, Expected
from mlwright.evals.sets import dataset, read_set, rewritten, written
from mlwright.kernel.errors import NotFound, Unreadable


def read(tmp_path: Path, content: bytes) -> tuple[EvalExample, ...]:
    (tmp_path / "golden.jsonl").write_bytes(content)
    return read_set(tmp_path / "golden.jsonl", "golden").examples


def problem(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        read(tmp_path, content)
    assert caught.value.hint
    return caught.value.message


def test_every_field_is_read(tmp_path: Path) -> None:
    line = {
        "id": "q1",
        "input": "How?",
        "expected_output": "So.",
        "relevant": [{"document": "a.md", "quote": "so"}, {"document": "b.md"}],
        "tags": ["x"],
        "metadata": {"lang": "en"},
    }
    assert read(tmp_path, json.dumps(line).encode()) == (
        EvalExample("q1", "How?", "So.", (Expected("a.md", "so"), Expected("b.md")), False, ("x",), {"lang": "en"}),
    )


def test_spans_and_origins_are_read_and_kept(tmp_path: Path) -> None:
    line = {"id": "q", "input": "x", "relevant": [{"document": "a.md", "span": [3, 9]}], "synthetic": "headings@1"}
    (example,) = read(tmp_path, json.dumps(line).encode())
    assert (example.relevant, example.synthetic) == ((Expected("a.md", span=(3, 9)),), "headings@1")
    kept = dataset("golden", (example,))
    assert rewritten("golden", written(kept)) == kept
    assert kept.synthetic == 1


def test_a_set_without_spans_keeps_the_name_it_always_had() -> None:
    example = EvalExample("q", "x", relevant=(Expected("a.md", "so"),))
    assert b"span" not in written(dataset("golden", (example,)))
    assert b"synthetic" not in written(dataset("golden", (example,)))


def test_marks_endings_and_blank_lines_do_not_matter(tmp_path: Path) -> None:
    plain = read(tmp_path, b'{"id":"a","input":"x"}\n{"id":"b","input":"y"}\n')
    assert read(tmp_path, b'\xef\xbb\xbf{"id":"a","input":"x"}\r\n\r\n  \n{"id":"b","input":"y"}') == plain


def test_a_line_separator_inside_a_text_is_no_end_of_line(tmp_path: Path) -> None:
    assert read(tmp_path, '{"id":"a","input":"x\u2028y\x85z"}\n'.encode())[0].input == "x\u2028y\x85z"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"id":"a"', "Invalid JSON"),
        (b"[]", "object"),
        (b'{"id":"a"}', "input: Field required"),
        (b'{"id":7,"input":"x"}', "id: Input should be a valid string"),
        (b'{"id":"","input":"x"}', "id: "),
        (b'{"id":"a","input":" "}', "`input` is blank"),
        (b'{"id":"a","input":"x","expected":"y"}', "expected: Extra inputs"),
        (b'{"id":"a","input":"x","relevant":[{"document":"d","quote":1}]}', "relevant.0.quote: "),
        (b'{"id":"a","input":"x","relevant":[{"document":"d","span":[5,5]}]}', "relevant.0: `span` [5, 5] is empty"),
        (b'{"id":"a","input":"x","relevant":[{"document":"d","span":[-1,5]}]}', "relevant.0.span.0: "),
        (b'{"id":"a","input":"x","unanswerable":"yes"}', "unanswerable: "),
        (b'{"id":"a","input":"x","unanswerable":true,"expected_output":"y"}', "neither"),
        (b'{"id":"a","input":"x\\u0000"}', "input: holds a NUL"),
        (b'{"id":"a","input":"\xff"}', "not UTF-8: byte 0xff at column 20"),
        (b'{"id":"good","input":"x"}', "id: 'good' stands in line 1 already"),
    ],
)
def test_a_bad_line_is_named_with_file_line_and_field(tmp_path: Path, line: bytes, said: str) -> None:
    message = problem(tmp_path, b'{"id":"good","input":"x"}\n\n' + line)
    assert f"{tmp_path / 'golden.jsonl'}:3: " in message
    assert said in message


def test_all_bad_lines_are_reported_up_to_twenty(tmp_path: Path) -> None:
    message = problem(tmp_path, b"{}\n" * 15)
    assert message.count("golden.jsonl:") == 20
    assert "30 problems" in message
    assert "and 10 more" in message


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_set_is_an_error(tmp_path: Path, content: bytes) -> None:
    assert "holds no example" in problem(tmp_path, content)


def test_a_missing_set_names_its_place_and_shows_a_line(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as missing:
        read_set(tmp_path / "none.jsonl", "golden")
    assert str(tmp_path / "none.jsonl") in missing.value.message
    assert '"input"' in missing.value.hint
    with pytest.raises(Unreadable, match="cannot be read"):
        read_set(tmp_path, "golden")


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_ID = _TEXT.filter(bool)
_INPUT = _TEXT.filter(lambda text: bool(text.strip()))
_EXAMPLES = st.lists(
    st.builds(
        EvalExample,
        id=_ID,
        input=_INPUT,
        expected_output=_TEXT,
        relevant=st.lists(st.builds(Expected, _ID, _TEXT), max_size=2).map(tuple),
        tags=st.lists(_TEXT, max_size=2).map(tuple),
        metadata=st.dictionaries(_TEXT, _TEXT, max_size=2),
    )
    | st.builds(EvalExample, id=_ID, input=_INPUT, unanswerable=st.just(True)),
    min_size=1,
    max_size=4,
    unique_by=lambda example: example.id,
).map(tuple)


@given(_EXAMPLES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_what_is_written_is_read_again(tmp_path: Path, examples: tuple[EvalExample, ...]) -> None:
    before = dataset("golden", examples)
    assert rewritten("golden", written(before)) == before
    (tmp_path / "golden.jsonl").write_bytes(written(before))
    assert read_set(tmp_path / "golden.jsonl", "golden") == before


@given(st.binary(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_break_the_reader(tmp_path: Path, content: bytes) -> None:
    try:
        read(tmp_path, content)
    except Unreadable as error:
        assert "golden.jsonl" in error.message


def test_a_version_is_the_content_in_order_whatever_the_name() -> None:
    one, two = EvalExample("a", "x"), EvalExample("b", "y")
    assert dataset("golden", (one, two)).ref == dataset("other", (one, two)).ref
    assert dataset("golden", (one, two)).ref != dataset("golden", (two, one)).ref
    assert dataset("golden", (one,)).ref != dataset("golden", (EvalExample("a", "x", tags=("t",)),)).ref
