"""Cron schedules: five fields in UTC (minute, hour, day of month, month, day of week), as POSIX crontab reads them.

Each field is `*`, a number, a range `1-5`, a step `*/15` or `8-18/2`, or a list of those; months and weekdays may be
written `jan` or `mon`, and both 0 and 7 are Sunday. Where day of month and day of week are both restricted, a day that
fits either counts, as POSIX says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_NAMES = {"month": {name: n for n, name in enumerate(_MONTHS, 1)}, "day of week": {n: i for i, n in enumerate(_DAYS)}}
_HORIZON = 366 * 8 + 2  # days within which every possible date comes round, 29 February around 2100 included


@dataclass(frozen=True, slots=True)
class Schedule:
    """The minutes, hours, days, months and weekdays (Sunday is 0) that fit."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Read five fields. Raises ValueError that names the field, also for a date that never comes (30 feb)."""
        parts = text.lower().split()
        if len(parts) != 5:
            raise ValueError(f"{text!r} has {len(parts)} fields and not five")
        minutes, hours, days, months, weekdays = (
            _field(part, *field) for part, field in zip(parts, _FIELDS, strict=True)
        )
        schedule = cls(
            tuple(sorted(minutes)),
            tuple(sorted(hours)),
            days,
            months,
            frozenset(day % 7 for day in weekdays),
            either_day=not parts[2].startswith("*") and not parts[4].startswith("*"),
        )
        if next(schedule._dates(datetime(2096, 2, 1, tzinfo=UTC), 1), None) is None:
            raise ValueError(f"{text!r} names a date that never comes")
        return schedule

    def next(self, after: datetime) -> datetime:
        """The first time that fits, later than `after`."""
        for day in self._dates(after, 1):
            for at in self._times(day):
                if at > after:
                    return at
        raise ValueError("this schedule never comes round")  # `parse` refuses such a schedule

    def latest(self, at: datetime) -> datetime:
        """The last time that fits, not later than `at`."""
        for day in self._dates(at, -1):
            for time in reversed(list(self._times(day))):
                if time <= at:
                    return time
        raise ValueError("this schedule never comes round")

    def _dates(self, start: datetime, step: int) -> Iterator[datetime]:
        midnight = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for days in range(_HORIZON):
            day = midnight + timedelta(days=days * step)
            if day.month in self.months and self._fits(day):
                yield day

    def _fits(self, day: datetime) -> bool:
        by_date, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.either_day else by_date and by_weekday

    def _times(self, day: datetime) -> Iterator[datetime]:
        return (day.replace(hour=hour, minute=minute) for hour in self.hours for minute in self.minutes)


def _field(text: str, name: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        step = _number(step_text, name, 1, high) if slash else 1
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = (_number(end, name, low, high) for end in span.split("-", 1))
        else:
            first = _number(span, name, low, high)
            last = high if slash else first
        if first > last:
            raise ValueError(f"{name} {part!r} runs backwards")
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _number(text: str, name: str, low: int, high: int) -> int:
    value = _NAMES.get(name, {}).get(text)
    if value is None:
        if not (text.isascii() and text.isdigit()):
            raise ValueError(f"{name} {text!r} is not a number from {low} to {high}")
        value = int(text)
    if not low <= value <= high:
        raise ValueError(f"{name} {value} is not between {low} and {high}")
    return value
