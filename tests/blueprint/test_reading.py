"""YAML becomes values with places; whatever is wrong is told with file, line and column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.blueprint.nodes import find, plain_data
from mlwright.blueprint.reading import MAX_BYTES, read_bytes, read_text
from mlwright.blueprint.scalars import meaning
from mlwright.kernel.errors import UserError


def data(text: str) -> object:
    return plain_data(read_text(text, "f.yaml"))


def test_words_mean_what_yaml_1_2_says() -> None:
    text = "a: no\nb: 02:00\nc: 3.10\nd: 1e3\ne: 0o17\nf: 017\ng: on\nh: 1_000\ni: 0x1f\nk: !!str 3\nl: ~\nm: 2027-01-31\nn: Yes\no: .5"
    assert data(text) == {
        "a": "no", "b": "02:00", "c": 3.1, "d": 1000.0, "e": 15, "f": 17, "g": "on", "h": "1_000", "i": 31, "k": "3",
        "l": None, "m": "2027-01-31", "n": "Yes", "o": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: 1\na: 2", "f.yaml:2:1", "twice"),
        ("a:\n\tb: 1", "f.yaml:2:1", "tab"),
        ("a: &x [*x]", "f.yaml:1:4", "contains itself"),
        ("a: [1, 2", "f.yaml:1:9", "expected"),
        ("a: b: c", "f.yaml:1:5", "mapping values"),
        ("a: " + "[" * 100, "f.yaml:1:43", "deeper"),
        ("%YAML 1.1\n---\na: yes", "f.yaml:2:1", "1.2"),
        ("a: 1\n---\nb: 2", "f.yaml:2:1", "second document"),
        ("a: !!python/object:os.system x", "f.yaml:1:4", "tag"),
        ("a: \x07", "f.yaml:1:4", "U+0007"),
        ("a: *q", "f.yaml:1:4", "no anchor &q"),
        ("<<: {a: 1}", "f.yaml:1:1", "merge keys"),
        ("? [a]\n: 1", "f.yaml:1:3", "key"),
        ("a: !!int x", "f.yaml:1:4", "!!int"),
        ("", "f.yaml", "empty"),
    ],
)
def test_mistakes_have_a_place_and_a_hint(text: str, place: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        data(text)
    assert caught.value.message.startswith(f"{place}: ")
    assert words in caught.value.message
    assert caught.value.hint


def test_an_alias_bomb_is_refused() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(UserError, match="aliases unfold"):
        data("\n".join(levels))


def test_anchors_and_aliases_may_be_used() -> None:
    assert data("a: &x {b: 1}\nc: *x") == {"a": {"b": 1}, "c": {"b": 1}}


def test_bytes_have_to_be_small_utf_8() -> None:
    with pytest.raises(UserError, match=r"f.yaml:2:4: byte 0xff"):
        read_bytes(b"a: 1\nb: \xff", "f.yaml")
    with pytest.raises(UserError, match="at most"):
        read_bytes(b"#" * (MAX_BYTES + 1), "f.yaml")
    assert plain_data(read_bytes("\ufeffa: ü".encode(), "f.yaml")) == {"a": "ü"}


def test_every_value_knows_its_place() -> None:
    root = read_text("a:\n  b: [1, {c: x}]\n", "f.yaml")
    assert str(find(root, ("a", "b", 1, "c"))[0].place) == "f.yaml:2:14"
    assert find(root, ("a", "nothing"))[1] == ("a",)


@given(st.text(max_size=60))
def test_reading_ends_in_values_or_a_user_error(text: str) -> None:
    try:
        data(text)
    except UserError as error:
        assert error.message.startswith("f.yaml")


@given(st.text(max_size=30))
def test_a_plain_word_has_a_meaning(text: str) -> None:
    value = meaning(text)
    assert value is None or isinstance(value, bool | int | float | str)
