"""Near duplicates: repeats go, what differs in a number stays."""

from mlwright.rag.duplicates import Distinct

TEXT = (
    "The relief valve is tested twice a year with cold water, and the result is written into the log of the boiler. "
    * 3
)


def test_repeats_are_left_out() -> None:
    distinct = Distinct(0.9)
    assert distinct.admits(TEXT)
    assert not distinct.admits(TEXT)
    assert not distinct.admits(f"  {TEXT.replace(' ', '  ')}")
    assert not distinct.admits(TEXT + " Always.")
    assert distinct.admits("Something else entirely is written here, about pumps.")


def test_another_number_is_another_passage() -> None:
    distinct = Distinct(0.8)
    assert distinct.admits(TEXT + " Version 2.1")
    assert distinct.admits(TEXT + " Version 2.2")


def test_short_texts_and_exact_ones() -> None:
    distinct = Distinct(1.0)
    assert [distinct.admits(text) for text in ("", "", "pump", "Pump!", "the pump")] == [True, False, True, False, True]


def test_many_passages_stay_quick() -> None:
    distinct = Distinct(0.9)
    kept = sum(distinct.admits(f"{TEXT} part {number}") for number in range(300))
    assert kept == 300
