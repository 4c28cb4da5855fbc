"""When a source is read again by itself: words like `hourly` and `daily 02:00`, or a cron schedule."""

import re

from mlwright.kernel.cron import Schedule

_DAILY = re.compile(r"daily (\d{1,2}):(\d\d)")
_WORDS = {"hourly": "0 * * * *", "daily": "0 0 * * *", "weekly": "0 0 * * mon"}


def schedule_of(refresh: str) -> str:
    """The five fields of a schedule, in UTC. Raises ValueError that shows how it is written."""
    text = " ".join(refresh.lower().split())
    at = _DAILY.fullmatch(text)
    found = f"{int(at[2])} {int(at[1])} * * *" if at else _WORDS.get(text, text)
    try:
        Schedule.parse(found)
    except ValueError as error:
        raise ValueError(
            f"{error}; write hourly, daily, daily 02:00, weekly, or five fields as in */15 * * * *"
        ) from error
    return found
