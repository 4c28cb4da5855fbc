"""Numbers as people write them: each unit reads what it writes, and refuses the rest with an example."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from mlwright.kernel import units
from mlwright.kernel.units import Bare, Bound, Count, Limit, Rate, Seconds, Share, Times, Usd, UsdPerMonth


class Form(BaseModel):
    wait: Seconds = 1.0
    part: Share = 0.0
    price: Usd = 0.0
    budget: UsdPerMonth = 0.0
    load: Rate = 0.0
    size: Count = 0
    factor: Times = 1.0
    limit: Limit = Bound(">=", 0.0)


READERS: list[Callable[[Any], object]] = [
    units.seconds, units.share, units.usd, units.usd_per_month, units.rate, units.count, units.size,
    units.times, units.bound,
]  # fmt: skip
amounts = st.floats(0, 1e15, allow_subnormal=False).filter(lambda value: value == 0 or value > 1e-9)


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (units.seconds, "300ms", 0.3),
        (units.seconds, "4s", 4),
        (units.seconds, "10m", 600),
        (units.seconds, "10 min", 600),
        (units.seconds, "1.5h", 5400),
        (units.seconds, "30d", 2_592_000),
        (units.seconds, "2 weeks", 1_209_600),
        (units.seconds, "2y", 63_115_200),
        (units.share, "28%", 0.28),
        (units.share, 0.28, 0.28),
        (units.share, 1, 1),
        (units.usd, "0.004 USD", 0.004),
        (units.usd, "$2k", 2000),
        (units.usd_per_month, "1200 USD/month", 1200),
        (units.usd_per_month, "12 USD/year", 1),
        (units.rate, "86.4k/day", 1),
        (units.rate, "60/min", 1),
        (units.rate, "5/s", 5),
        (units.count, "10k", 10_000),
        (units.count, "10000 chars", 10_000),
        (units.count, "4k tokens", 4000),
        (units.count, "1.5M", 1_500_000),
        (units.count, 3.0, 3),
        (units.size, "64 MB", 64_000_000),
        (units.size, "1.5 KiB", 1536),
        (units.size, 7, 7),
        (units.size, "2gb", 2_000_000_000),
        (units.times, "4x", 4),
        (units.times, 4, 4),
        (units.bound, ">= 0.85", Bound(">=", 0.85)),
        (units.bound, "> 2%", Bound(">", 0.02)),
        (units.bound, "<3s", Bound("<", 3)),
        (units.bound, "<= 1e-3", Bound("<=", 0.001)),
    ],
)
def test_right_spellings(read: Callable[[Any], object], text: object, value: object) -> None:
    assert read(text) == (pytest.approx(value) if isinstance(value, int | float) else value)


@pytest.mark.parametrize("text", ["", "big", "-1", "64 XB", True, "1e9 "])
def test_a_wrong_size_shows_a_right_one(text: object) -> None:
    with pytest.raises(ValueError, match="64 MB"):
        units.size(text)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (units.seconds, 4),
        (units.seconds, Bare(4.5)),
        (units.seconds, "4"),
        (units.seconds, "-4s"),
        (units.seconds, "1e999s"),
        (units.seconds, math.inf),
        (units.seconds, True),
        (units.share, "101%"),
        (units.share, 28),
        (units.share, -0.1),
        (units.share, math.nan),
        (units.share, True),
        (units.usd, 4),
        (units.usd, "4 EUR"),
        (units.usd, "-4 USD"),
        (units.usd_per_month, "4 USD"),
        (units.rate, "12k"),
        (units.rate, "12k/fortnight"),
        (units.count, 1.5),
        (units.count, "0.5"),
        (units.count, -1),
        (units.count, "many"),
        (units.count, math.inf),
        (units.count, True),
        (units.times, "x"),
        (units.times, -1),
        (units.times, math.nan),
        (units.bound, "0.85"),
        (units.bound, ">= high"),
        (units.bound, "== 1"),
        (units.bound, ">= nan"),
        (units.bound, ">= 200%"),
    ],
)
def test_wrong_spellings_show_the_value(read: Callable[[Any], object], value: object) -> None:
    with pytest.raises(ValueError, match=r"write|not a number|not a whole number|not between"):
        read(value)


@given(st.sampled_from(READERS), st.text(max_size=20))
def test_any_other_text_is_a_value_error(read: Callable[[Any], object], text: str) -> None:
    try:
        value = read(text)
    except ValueError:
        return
    number = value.value if isinstance(value, Bound) else value
    assert isinstance(number, int | float) and math.isfinite(number) and number >= 0


@given(amounts, st.floats(0, 1), amounts, amounts, amounts, st.integers(0, 10**12), amounts, amounts)
def test_a_form_reads_the_json_that_it_writes(
    wait: float, part: float, price: float, budget: float, load: float, size: int, factor: float, limit: float
) -> None:
    form = Form(
        wait=wait, part=part, price=price, budget=budget, load=load, size=size, factor=factor, limit=Bound("<", limit)
    )
    again = Form.model_validate_json(form.model_dump_json())
    for name in ("wait", "part", "price", "budget", "load", "factor"):
        assert getattr(again, name) == pytest.approx(getattr(form, name), rel=1e-9, abs=1e-12), name
    assert again.size == size
    assert again.limit.value == pytest.approx(limit, rel=1e-9)


@given(st.integers(0, 10**12))
def test_a_size_is_written_as_it_is_read(size: int) -> None:
    assert units.size(units.written_size(size)) == size


def test_sizes_are_written_in_the_largest_unit_that_stays_whole() -> None:
    assert [*map(units.written_size, (0, 7, 64 * 10**6, 2 << 30))] == ["0 B", "7 B", "64 MB", "2 GiB"]


@given(st.floats(0, 1e9))
def test_a_bound_holds_as_it_reads(measured: float) -> None:
    assert Bound(">=", 0.5).holds(measured) is (measured >= 0.5)
    assert Bound("<", 0.5).holds(measured) is not Bound(">=", 0.5).holds(measured)
    assert Bound(">", 0.5).holds(measured) is not Bound("<=", 0.5).holds(measured)


def test_a_mistake_names_the_field_and_a_right_spelling() -> None:
    with pytest.raises(ValidationError, match="write it like 300ms, 4s") as caught:
        Form.model_validate({"wait": "soon"})
    assert caught.value.errors()[0]["loc"] == ("wait",)


def test_the_schema_shows_an_example() -> None:
    schema = Form.model_json_schema(mode="validation")
    assert all(field["examples"] for field in schema["properties"].values())
