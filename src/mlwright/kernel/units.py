"""Numbers as people write them in a blueprint: `4s`, `28%`, `0.004 USD`, `12k/day`, `4x`, `>= 0.85`.

Each name is a pydantic type: the field holds a plain number in the unit of the type's docstring, a wrong text is an
error that shows a right one, and as JSON the number is written with its unit again, so that it can be read again.
"""

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, GetJsonSchemaHandler, PlainSerializer
from pydantic_core import CoreSchema

_NUMBER = r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(k|M|B)?"
_SCALE = {None: 1.0, "": 1.0, "k": 1e3, "M": 1e6, "B": 1e9}
_SECONDS = {
    "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0,
    "w": 604800.0, "week": 604800.0, "month": 2_629_800.0, "y": 31_557_600.0, "year": 31_557_600.0,
}  # fmt: skip
_BYTES = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


class Bare(float):
    """A number as it stood in a file, without a unit. In Python a float is already in the unit of the field; in a file
    it is a mistake wherever a unit is asked for."""


def _number(text: str, unit: str, example: str) -> re.Match[str]:
    match = re.fullmatch(_NUMBER + unit, text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not understood here; write it like {example}")
    return match


def _value(match: re.Match[str]) -> float:
    return _positive(float(match[1]) * _SCALE[match[2]], match[0])


def _plain(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ready(value: Any) -> bool:
    """Already in the unit of the field: a float that Python code gave."""
    return isinstance(value, float) and not isinstance(value, Bare)


def _positive(value: float, written: Any) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{written} is not a number from 0")
    return value


def seconds(value: Any) -> float:
    """`300ms`, `4s`, `10m`, `1h`, `30d`, `2y` to seconds (a year is 365.25 days). Without a unit: ValueError."""
    if _ready(value):
        return _positive(value, value)
    match = _number(str(value), r"(ms|s|min|m|hour|h|day|d|week|w|month|year|y)s?", "300ms, 4s, 10m, 1h, 30d or 2y")
    return _value(match) * _SECONDS[match[3]]


def share(value: Any) -> float:
    """`28%` or `0.28` to 0.28, from 0 to 1."""
    part = float(value) if _plain(value) else _value(_number(str(value), "%", "28% or 0.28")) / 100
    if not 0 <= part <= 1:
        raise ValueError(f"{value} is not between 0% and 100%")
    return part


def usd(value: Any) -> float:
    """`0.004 USD` or `$0.004` to US dollars."""
    if _ready(value):
        return _positive(value, value)
    text = str(value).strip()
    dollar = text.startswith("$")
    return _value(_number(text.removeprefix("$"), "" if dollar else r"\s*USD", "0.004 USD"))


def usd_per_month(value: Any) -> float:
    """`1200 USD/month` to US dollars a month (of 30.44 days)."""
    if _ready(value):
        return _positive(value, value)
    match = _number(str(value), r"\s*USD/(day|week|month|year)", "1200 USD/month")
    return _value(match) * _SECONDS["month"] / _SECONDS[match[3]]


def rate(value: Any) -> float:
    """`12k/day`, `60/min`, `5/s` to events per second."""
    if _ready(value):
        return _positive(value, value)
    match = _number(str(value), r"/(s|min|m|hour|h|day|d|week|month)", "12k/day or 60/min")
    return _value(match) / _SECONDS[match[3]]


def count(value: Any) -> int:
    """`1000`, `10k`, `10000 chars`, `4k tokens` to a whole number."""
    number = (
        float(value)
        if _plain(value)
        else _value(_number(str(value), r"\s*(?:chars|characters|tokens|cases)?", "1000, 10k or 10000 chars"))
    )
    if not math.isfinite(number) or abs(number - round(number)) > 1e-9 or number < 0:
        raise ValueError(f"{value} is not a whole number from 0")
    return round(number)


def size(value: Any) -> int:
    """`64 MB`, `512 KiB` or a whole number to bytes. Raises ValueError for other text."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", "" if isinstance(value, bool) else str(value))
    unit = next((scale for name, scale in _BYTES.items() if match and name.lower() == match[2].lower()), None)
    if match is None or unit is None:
        raise ValueError(f"{value!r} is not a size; write it like 64 MB, 512 KiB or 1000000")
    return round(float(match[1]) * unit)


def times(value: Any) -> float:
    """`4x` or `4` to 4.0."""
    return _positive(float(value), value) if _plain(value) else _value(_number(str(value), "x", "4x"))


_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bound:
    """`>= 0.85`, `> 2%`, `< 3s`: a comparison with a number."""

    op: str
    value: float

    def holds(self, measured: float) -> bool:
        return _COMPARE[self.op](measured, self.value)

    def __str__(self) -> str:
        return f"{self.op} {self.value:.12g}"


def bound(value: Any) -> Bound:
    """`>= 0.85`, `> 2%`, `< 3s` to a Bound; percents become shares, durations seconds."""
    if isinstance(value, Bound):
        return value
    match = re.fullmatch(r"\s*(>=|<=|>|<)\s*(.+?)\s*", str(value))
    if match is None:
        raise ValueError(f"{value!r} is not a bound; write it like '>= 0.85' or '> 2%'")
    return Bound(match[1], _bounded(match[2]))


def _bounded(text: str) -> float:
    if text.endswith("%"):
        return share(text)
    if text[-1].isalpha():
        return seconds(text)
    try:
        return _positive(float(text), text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number; write the bound like '>= 0.85', '> 2%' or '< 3s'") from None


def _trim(value: float) -> str:
    return f"{value:.12g}"


def written_seconds(value: float) -> str:
    """Seconds as `seconds` reads them, in the largest unit that stays whole: 3600.0 to `1h`."""
    for unit in ("d", "h", "m", "s", "ms"):
        amount = value / _SECONDS[unit]
        if amount >= 1 and abs(amount - round(amount)) < 1e-9 * amount:
            return f"{round(amount)}{unit}"
    return f"{_trim(value)}s"


def written_rate(value: float) -> str:
    """Events per second as `rate` reads them, by the shortest time that gives a whole number: 1.0 to `1/s`."""
    for unit in ("s", "min", "h", "day", "month"):
        amount = value * _SECONDS[unit]
        if abs(amount - round(amount)) <= 1e-9 * max(amount, 1e-12):
            return f"{round(amount)}/{unit}"
    return f"{_trim(value * _SECONDS['day'])}/day"


def written_size(value: int) -> str:
    """Bytes as `size` reads them, in the largest unit that stays whole: 2147483648 to `2 GiB`, 64000000 to `64 MB`."""
    whole = [(scale, name) for name, scale in _BYTES.items() if name and value % scale == 0 and value >= scale]
    scale, name = max(whole, default=(1, "B"))
    return f"{value // scale} {name}"


def written_share(value: float) -> str:
    return f"{_trim(value * 100)}%"


def written_usd(value: float) -> str:
    return f"{_trim(value)} USD"


def _written_usd_per_month(value: float) -> str:
    return f"{_trim(value)} USD/month"


def _written_times(value: float) -> str:
    return f"{_trim(value)}x"


class _Written:
    """The JSON Schema of a unit: a text or a number, with an example."""

    def __init__(self, example: str) -> None:
        self.example = example

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": ["string", "number"], "examples": [self.example]}


def _as_text(write: Callable[[Any], str]) -> PlainSerializer:
    return PlainSerializer(write, return_type=str, when_used="json-unless-none")


Seconds = Annotated[float, BeforeValidator(seconds), _as_text(written_seconds), _Written("4s")]
"""A duration, in seconds."""
Share = Annotated[float, BeforeValidator(share), _as_text(written_share), _Written("28%")]
"""A part of a whole, from 0 to 1."""
Usd = Annotated[float, BeforeValidator(usd), _as_text(written_usd), _Written("0.004 USD")]
"""Money, in US dollars."""
UsdPerMonth = Annotated[
    float, BeforeValidator(usd_per_month), _as_text(_written_usd_per_month), _Written("1200 USD/month")
]
"""Money over time, in US dollars a month."""
Rate = Annotated[float, BeforeValidator(rate), _as_text(written_rate), _Written("12k/day")]
"""Events per second."""
Count = Annotated[int, BeforeValidator(count), _Written("10k")]
"""A whole number."""
Bytes = Annotated[int, BeforeValidator(size), _as_text(written_size), _Written("64 MB")]
"""A size, in bytes."""
Times = Annotated[float, BeforeValidator(times), _as_text(_written_times), _Written("4x")]
"""A factor."""
Limit = Annotated[Bound, BeforeValidator(bound), _as_text(str), _Written(">= 0.85")]
"""A comparison with a number."""
