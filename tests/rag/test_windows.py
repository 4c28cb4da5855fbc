"""Windows: a short document is shown whole, of a long one its opening and a stretch that neighbours share."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.rag.situate.windows import LEFT_OUT, Windows

WORD = re.compile(r"\S+")
LONG = "The handbook of the plant.\n" + "".join(f"Line {n} tells of the pump in hall {n}.\n" for n in range(400))


def ends(text: str) -> list[int]:
    return [found.end() for found in WORD.finditer(text)]


def test_a_short_document_is_shown_whole() -> None:
    assert Windows("A short text.", ends, 200).around(2, 7) == "A short text."


def test_a_long_one_is_shown_by_its_opening_and_what_stands_around() -> None:
    windows = Windows(LONG, ends, 400)
    at = LONG.index("Line 300 ")
    shown = windows.around(at, at + 30)
    opening, gap, stretch = shown.partition(LEFT_OUT)
    assert LONG.startswith(opening) and opening.startswith("The handbook")
    assert gap and stretch in LONG
    assert stretch.startswith("Line ") and stretch.endswith("\n")
    assert {"Line 298 ", "Line 300 ", "Line 302 "} <= set(re.findall(r"Line \d+ ", stretch))


def test_neighbours_share_a_window() -> None:
    windows = Windows(LONG, ends, 400)
    starts = [found.start() for found in re.finditer(r"Line \d+ ", LONG)]
    shown = [windows.around(start, start + 30) for start in starts]
    assert len(set(shown)) == pytest.approx(len(ends(LONG)) / (400 * 7 / 16), rel=0.2)


@settings(max_examples=60)
@given(st.text(alphabet="ab \n", max_size=3000), st.integers(20, 300), st.data())
def test_what_is_shown_holds_the_place_and_keeps_to_the_budget(text: str, budget: int, data: st.DataObject) -> None:
    windows = Windows(text, ends, budget)
    start = data.draw(st.integers(0, max(0, len(text) - 1)))
    end = min(len(text), start + 3)
    shown = windows.around(start, end)
    assert text[start:end] in shown
    assert len(ends(shown)) <= budget
