"""When a source is read again: words and schedules, and what is none."""

import pytest

from mlwright.data.sources._refresh import schedule_of
from mlwright.data.sources.files import Config


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        ("hourly", "0 * * * *"),
        ("Daily", "0 0 * * *"),
        ("daily 02:00", "0 2 * * *"),
        ("daily  9:05", "5 9 * * *"),
        ("weekly", "0 0 * * mon"),
        ("*/15 8-18 * * 1-5", "*/15 8-18 * * 1-5"),
    ],
)
def test_words_and_schedules(written: str, fields: str) -> None:
    assert schedule_of(written) == fields
    assert Config(path="docs", refresh=written).schedule == fields


@pytest.mark.parametrize("written", ["sometimes", "daily 25:00", "daily 2", "hourly 02:00", "0 0 30 2 *", "60 * * * *"])
def test_what_never_comes_round_is_an_error_that_shows_how(written: str) -> None:
    with pytest.raises(ValueError, match="write hourly, daily"):
        Config(path="docs", refresh=written)


def test_a_source_is_read_when_asked_where_nothing_is_said() -> None:
    assert Config(path="docs").schedule == ""
