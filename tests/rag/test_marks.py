"""Marks: found in any pieces of a text, never inside code, and disarmed in what others wrote."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.rag.marks import Code, Item, Mark, MarkReader, arm, disarm, unmarked

TRICKY = "ab.[]1-, \n`~【】"


def read(text: str, sizes: list[int] | None = None) -> list[Item]:
    """The items, with neighbours of one kind put together."""
    reader, found, at = MarkReader(), list[Item](), 0
    for size in sizes or ():
        found += reader.feed(text[at : at + size])
        at += size
    found += [*reader.feed(text[at:]), *reader.end()]
    joined: list[Item] = []
    for item in found:
        if isinstance(item, str) and joined and isinstance(joined[-1], str):
            joined[-1] += item
        elif isinstance(item, Code) and joined and isinstance(joined[-1], Code):
            joined[-1] = Code(joined[-1].text + item.text)
        else:
            joined.append(item)
    return joined


def numbers(text: str) -> list[tuple[int, ...]]:
    return [item.numbers for item in read(text) if isinstance(item, Mark)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Yes [1].", [(1,)]),
        ("Yes [1, 3; 2].", [(1, 3, 2)]),
        ("Yes [1][2]", [(1,), (2,)]),
        ("Yes [2-4] and [5–6, 9]", [(2, 3, 4), (5, 6, 9)]),
        ("Far [1-900]", [(1, 900)]),
        ("As [^2] and [passage 3] and 【4】 and 【5†source】", [(2,), (3,), (4,), (5,)]),
        ("no [a], no [1a], no [], no [12345]", []),
        ("`x[0]` but [1]", [(1,)]),
        ("``a`[1]`` [2]", [(2,)]),
        ("```python\nx[1] = y[2]\n```\n[3]", [(3,)]),
        ("~~~\n[1]\n~~~ \n[2]\n  ```\n[3]\n", [(2,)]),
        ("a stray ` and [1]\nnext ` [2]", [(1,), (2,)]),
    ],
)
def test_marks_are_told_from_other_brackets(text: str, found: list[tuple[int, ...]]) -> None:
    assert numbers(text) == found


@settings(max_examples=150)
@given(st.text(TRICKY, max_size=60), st.lists(st.integers(1, 5), max_size=25))
def test_pieces_make_no_difference(text: str, sizes: list[int]) -> None:
    assert read(text, sizes) == read(text)


@settings(max_examples=100)
@given(st.text(TRICKY, max_size=60))
def test_nothing_is_lost(text: str) -> None:
    whole = "".join(
        item.space + item.raw if isinstance(item, Mark) else item.text if isinstance(item, Code) else item
        for item in read(text)
    )
    assert whole == text


@settings(max_examples=100)
@given(st.text(TRICKY, max_size=60))
def test_a_disarmed_text_has_no_marks_and_the_same_length(text: str) -> None:
    safe = disarm(text)
    assert len(safe) == len(text)
    assert numbers(safe) == []


def test_disarming_can_be_undone_and_leaves_code_alone() -> None:
    text = "As shown in [3], `x[0]` is\n```\ny[1]\n```\n"
    assert disarm(text) == "As shown in ⟦3⟧, `x[0]` is\n```\ny[1]\n```\n"
    assert arm(disarm(text)) == text
    assert unmarked("Yes [1]. `x[0]`") == "Yes. `x[0]`"
