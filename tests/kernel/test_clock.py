"""Times: written one way, sortable as text, and read back exactly."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel.clock import ManualClock, SystemClock, stamp, unstamp

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=zones)


@given(times)
def test_a_stamp_reads_back_as_the_same_time(at: datetime) -> None:
    assert unstamp(stamp(at)) == at
    assert stamp(unstamp(stamp(at))) == stamp(at)
    assert (len(stamp(at)), stamp(at)[-1]) == (27, "Z")


@given(times, times)
def test_stamps_sort_like_times(one: datetime, two: datetime) -> None:
    assert (stamp(one) < stamp(two)) == (one < two)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00.000000Z"])
def test_other_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        unstamp(text)


def test_clocks_are_in_utc_and_the_manual_one_obeys() -> None:
    assert SystemClock().now().tzinfo is UTC
    clock = ManualClock()
    start = clock.now()
    clock.advance(timedelta(hours=-1))
    assert clock.now() == start - timedelta(hours=1)
    assert clock.now() == clock.now()
