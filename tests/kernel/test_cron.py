"""Cron schedules against their definition, minute by minute."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel.cron import Schedule


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    stepped = st.tuples(st.one_of(st.just("*"), span, number.map(str)), st.integers(1, high)).map(
        lambda pair: f"{pair[0]}/{pair[1]}"
    )
    return st.lists(st.one_of(st.just("*"), number.map(str), span, stepped), min_size=1, max_size=3).map(",".join)


schedules = st.tuples(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7)).map(" ".join)
times = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


def fits(schedule: Schedule, at: datetime) -> bool:
    days = (at.day in schedule.days, at.isoweekday() % 7 in schedule.weekdays)
    day = any(days) if schedule.either_day else all(days)
    return at.minute in schedule.minutes and at.hour in schedule.hours and at.month in schedule.months and day


@given(schedules, times)
def test_next_and_latest_fit_and_leave_nothing_out(text: str, at: datetime) -> None:
    schedule = Schedule.parse(text)
    after, before = schedule.next(at), schedule.latest(at)
    assert before <= at < after
    assert fits(schedule, after) and fits(schedule, before)
    assert schedule.latest(after) == after
    assert schedule.next(before) == after, "nothing lies between the two"
    minute = at.replace(second=0, microsecond=0)
    for step in range(1, 200):
        here = minute + timedelta(minutes=step)
        assert fits(schedule, here) is False or here >= after


@pytest.mark.parametrize(
    ("text", "after", "then"),
    [
        ("*/15 * * * *", "2026-01-01T00:00", "2026-01-01T00:15"),
        ("30 4 * * 1-5", "2026-01-02T04:30", "2026-01-05T04:30"),
        ("0 0 29 2 *", "2096-03-01T00:00", "2104-02-29T00:00"),
        ("0 0 13 * fri", "2026-01-01T00:00", "2026-01-02T00:00"),
        ("0 0 * * 7", "2026-01-01T00:00", "2026-01-04T00:00"),
        ("59 23 31 dec *", "2026-12-31T23:59", "2027-12-31T23:59"),
        ("5/20 8-10 * jan,JUL *", "2026-01-31T10:45", "2026-07-01T08:05"),
    ],
)
def test_examples(text: str, after: str, then: str) -> None:
    start, end = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (after, then))
    assert Schedule.parse(text).next(start) == end


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("* * * *", "4 fields and not five"),
        ("60 * * * *", "minute 60 is not between 0 and 59"),
        ("* * 0 * *", "day of month 0"),
        ("* * * foo *", "month 'foo' is not a number"),
        ("*/0 * * * *", "minute 0 is not between 1 and 59"),
        ("5-1 * * * *", "runs backwards"),
        ("1,,2 * * * *", "minute ''"),
        ("0 0 30 2 *", "never comes"),
        ("0 0 31 4,6,9,11 *", "never comes"),
        ("٣ * * * *", "is not a number"),
    ],
)
def test_mistakes_name_the_field(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Schedule.parse(text)


@given(st.text(max_size=40))
def test_any_other_text_is_a_value_error(text: str) -> None:
    try:
        schedule = Schedule.parse(text)
    except ValueError:
        return
    assert schedule.next(datetime(2026, 1, 1, tzinfo=UTC)).tzinfo is UTC
