"""Filters: their meaning, their three forms, and what is said of those that cannot be read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.kernel.errors import UserError
from mlwright.rag.filters import (
    All,
    Allowed,
    Any,
    Between,
    Filter,
    Is,
    Not,
    Prefix,
    as_filter,
    check_fields,
    filter_text,
    matches,
    parse_filter,
    plain_filter,
    read_filter,
    write_filter,
)
from mlwright.rag.types import Meta

META: Meta = {"lang": "en", "tags": ("a", "b"), "updated": "2026-05-03", "price": "12.5", "key": "guide/pumps.md"}

NAMES = st.sampled_from(["lang", "tags", "price", "a b", 'qu"ote', "in", "naïve", "x.y-z/ü"])
VALUES = st.one_of(st.sampled_from(["en", "de", "", "9", "10", "-3.5", "1e2", "2026-01-01"]), st.text(max_size=6))


def _between(field: str, low: str | None, low_open: bool, high: str | None, high_open: bool) -> Filter:
    """An end that is absent is not open."""
    if low is None and high is None:
        low = ""
    return Between(field, low, low_open and low is not None, high, high_open and high is not None)


CONDITIONS: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Is, NAMES, st.lists(VALUES, max_size=3).map(tuple)),
    st.builds(Prefix, NAMES, VALUES),
    st.builds(Allowed, st.lists(VALUES, max_size=3).map(tuple)),
    st.builds(_between, NAMES, st.none() | VALUES, st.booleans(), st.none() | VALUES, st.booleans()),
)
FILTERS: st.SearchStrategy[Filter] = st.recursive(
    CONDITIONS,
    lambda parts: st.one_of(
        st.builds(All, st.lists(parts, max_size=3).map(tuple)),
        st.builds(Any, st.lists(parts, max_size=3).map(tuple)),
        st.builds(Not, parts),
    ),
    max_leaves=8,
)
METAS = st.dictionaries(NAMES | st.just("acl"), VALUES | st.lists(VALUES, max_size=3).map(tuple), max_size=4)


@given(FILTERS, METAS)
@settings(max_examples=150, deadline=None)
def test_all_forms_pass_the_same(where: Filter, meta: Meta) -> None:
    passes = matches(where, meta)
    assert matches(read_filter(write_filter(where)), meta) == passes
    assert matches(parse_filter(filter_text(where)), meta) == passes


@given(FILTERS)
@settings(max_examples=50, deadline=None)
def test_what_was_read_is_written_the_same(where: Filter) -> None:
    assert write_filter(read_filter(write_filter(where))) == write_filter(where)


@given(st.text(alphabet="ab \"'=<>!^(),\\\nandornti", max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        where = as_filter(text)
    except UserError as error:
        assert error.hint
    else:
        assert where is None or matches(where, META) in (True, False)


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("lang = en", True),
        ("lang=en and (tags in (x, b) or updated >= 2027)", True),
        ("LANG = en", False),
        ("tags = a and tags = b", True),
        ("tags not in (a, x)", False),
        ("tags != c", True),
        ("price > 9", True),
        ("price > 9 and price < 12", False),
        ("updated >= 2026-01-01 and updated < 2027", True),
        ("updated >= 2026-05-04", False),
        ('key ^= "guide/"', True),
        ("not key ^= guide/ or lang == 'de'", False),
        ("not not lang = en", True),
        ("absent = x", False),
        ("absent != x", True),
        ("lang in ()", False),
    ],
)
def test_text_is_read_as_people_mean_it(text: str, passes: bool) -> None:
    assert matches(parse_filter(text), META) is passes


def test_one_value_must_lie_in_a_range() -> None:
    two: Meta = {"size": ("1", "9")}
    assert not matches(parse_filter("size > 3 and size < 7"), two)
    assert not matches(read_filter({"size": {">": 3, "<": 7}}), two)
    assert matches(parse_filter("(size > 3) and (size < 7)"), two)


def test_json_is_read_as_programs_mean_it() -> None:
    where = read_filter(
        {"lang": "en", "tags": ["a", "x"], "updated": {">=": "2026-01-01", "<": "2027"}, "key": {"prefix": "guide/"},
         "or": [{"price": {"<": 1}}, {"price": 12.5}], "not": {"lang": "de"}}
    )  # fmt: skip
    assert matches(where, META)
    assert not matches(read_filter({"lang": "en", "tags": "x"}), META)
    assert as_filter({}) is None
    assert as_filter("  ") is None
    assert plain_filter("lang = en") == {"lang": "en"}


def test_who_may_see_a_document() -> None:
    everybody, staff = {"title": "x"}, {"acl": ("staff", "boss")}
    for where in (read_filter({"acl": ["staff"]}), parse_filter("acl = staff"), Allowed(("guest", "staff"))):
        assert matches(where, everybody)
        assert matches(where, staff)
    assert not matches(Allowed(("guest",)), staff)
    assert not matches(Allowed(()), staff)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"lang": None}, "lang"),
        ({"or": {"lang": "en"}}, "or"),
        ({"or": [{"a": {"!": 1}}]}, r"or\[0\].a"),
        ({"a": {">": 1, ">=": 2}}, "two limits"),
        ({"a": {}}, "nothing"),
        ({"acl": {">": "a"}}, "label"),
        ("lang", "character 5"),
        ("lang = ", "character 8"),
        ("lang = en)", "character 10"),
        ("lang = en de", "character 11"),
        ("acl ^= a", "character 5"),
        ("lang = 'x", "character 8"),
        ("(" * 200, "levels"),
    ],
)
def test_what_cannot_be_read_is_shown(said: dict[str, object] | str, place: str) -> None:
    with pytest.raises(UserError, match=place) as caught:
        as_filter(said)
    assert caught.value.hint


def test_unknown_fields_are_told_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="'colour'") as caught:
        check_fields(parse_filter("lang = en and not (colour = red)"), ("lang", "key"), "support")
    assert "lang, key" in caught.value.hint
    with pytest.raises(UserError, match="'acl'"):
        check_fields(Allowed(("staff",)), ("lang",), "support")
