"""Filters in their three forms: as types (`conditions`), as JSON, and as text that people write."""

import re
from collections.abc import Iterator, Mapping, Sequence

from mlwright.kernel.errors import UserError
from mlwright.rag.conditions import (
    ACL,
    All,
    Allowed,
    Any,
    Between,
    Filter,
    Is,
    Not,
    Prefix,
    both,
    compared,
    fields_of,
    is_in,
    matches,
    meets,
    values_of,
)

__all__ = [
    "ACL", "All", "Allowed", "Any", "Between", "Filter", "Is", "Not", "Prefix", "Where", "as_filter", "both",
    "check_fields", "compared", "fields_of", "filter_text", "is_in", "matches", "meets", "parse_filter", "plain_filter",
    "read_filter", "values_of", "write_filter",
]  # fmt: skip

Where = Filter | Mapping[str, object] | str
"""A filter in any of its three forms."""

_DEEPEST = 50


def as_filter(where: Where | None) -> Filter | None:
    """A filter from any of its forms; None for None and for empty ones. Raises UserError."""
    match where:
        case None | "":
            return None
        case str():
            return parse_filter(where) if where.strip() else None
        case Mapping():
            return read_filter(where) if where else None
        case _:
            return where


def plain_filter(where: Where | None) -> dict[str, object]:
    """The JSON form of a filter in any of its forms, empty for none. Raises UserError."""
    found = as_filter(where)
    return {} if found is None else write_filter(found)


def check_fields(where: Filter, known: Sequence[str], place: str) -> None:
    """Raises UserError, naming the known fields, where a filter asks for another one."""
    for name in fields_of(where):
        if name not in known:
            listed = ", ".join(known) or "none; list them under rag.*.index.metadata"
            raise UserError(f"{place} cannot be filtered by {name!r}", hint=f"fields to filter by: {listed}")


# --- as JSON


_COMPARE = {">": ("low", True), ">=": ("low", False), "<": ("high", True), "<=": ("high", False)}


def read_filter(mapping: Mapping[str, object]) -> Filter:
    """A filter from its JSON form, as `{"lang": "en", "tags": ["a", "b"], "updated": {">=": "2026-01-01"}, "key":
    {"prefix": "guide/"}, "or": [{…}, {…}], "and": […], "not": {…}}`. What stands in one mapping must hold together.

    Raises UserError, naming the place, for what is no filter."""
    return _read(mapping, "", 0)


def _read(mapping: object, place: str, depth: int) -> Filter:
    if not isinstance(mapping, Mapping):
        raise _wrong(place, f"{mapping!r} is not a mapping of fields to values")
    if depth > _DEEPEST:
        raise _wrong(place, f"more than {_DEEPEST} levels")
    parts = [_read_one(str(name), value, f"{place}.{name}" if place else str(name), depth + 1)
             for name, value in mapping.items()]  # fmt: skip
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _read_one(name: str, value: object, place: str, depth: int) -> Filter:
    if name in ("or", "and"):
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise _wrong(place, "is a list of filters")
        parts = tuple(_read(part, f"{place}[{number}]", depth) for number, part in enumerate(value))
        return Any(parts) if name == "or" else All(parts)
    if name == "not":
        return Not(_read(value, place, depth))
    if isinstance(value, Mapping):
        return _read_comparison(name, value, place)
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str):
        return is_in(name, [_text(one, place) for one in value])
    return is_in(name, [_text(value, place)])


def _read_comparison(name: str, value: Mapping[object, object], place: str) -> Filter:
    if name == ACL:
        raise _wrong(place, "takes a label, or a list of labels")
    if set(value) == {"prefix"}:
        return Prefix(name, _text(value["prefix"], place))
    ends: dict[str, str | bool] = {}
    for operator, limit in value.items():
        if operator not in _COMPARE:
            raise _wrong(place, f"has no comparison {operator!r}; there are: {', '.join(_COMPARE)}, prefix (alone)")
        end, is_open = _COMPARE[str(operator)]
        if end in ends:
            raise _wrong(place, f"has two limits at its {end} end")
        ends |= {end: _text(limit, place), f"{end}_open": is_open}
    if not ends:
        raise _wrong(place, "compares with nothing")
    return Between(name, **ends)  # type: ignore[arg-type]


def _text(value: object, place: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise _wrong(place, f"{value!r} is not a text or a number")


def _wrong(place: str, problem: str) -> UserError:
    return UserError(
        f"the filter{f' at {place}' if place else ''}: {problem}",
        hint='a filter reads as {"product": "pumps", "tags": ["a", "b"], "updated": {">=": "2026-01-01"}}',
    )


def write_filter(where: Filter) -> dict[str, object]:
    """The JSON form of a filter: `read_filter` gives the same filter back, perhaps with one `All` more around it."""
    match where:
        case All(parts):
            return {"and": [write_filter(part) for part in parts]}
        case Any(parts):
            return {"or": [write_filter(part) for part in parts]}
        case Not(part):
            return {"not": write_filter(part)}
        case Allowed(labels):
            return {ACL: list(labels)}
        case Is(field, values):
            return {field: values[0] if len(values) == 1 else list(values)}
        case Prefix(field, value):
            return {field: {"prefix": value}}
        case Between(field, low, low_open, high, high_open):
            ends: dict[str, object] = {} if low is None else {">" if low_open else ">=": low}
            return {field: ends if high is None else ends | {"<" if high_open else "<=": high}}


# --- as text


_TOKEN = re.compile(
    r"""(?:(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<sign>\^=|!=|<=|>=|==|[=<>(),])"""
    r"""|(?P<word>[^\s"'=<>!^(),]+))""",
    re.DOTALL,
)
_PLAIN = re.compile(r"""[^\s"'=<>!^(),\\]+""")
_KEYWORDS = ("and", "or", "not", "in")


def parse_filter(text: str) -> Filter:
    """A filter from text, as `lang = en and (tags in (a, b) or updated >= 2026-01-01) and not key ^= "old/"`.

    Operators are `=`, `!=`, `<`, `<=`, `>`, `>=`, `^=` (begins with), `in (…)` and `not in (…)`; `and` binds closer
    than `or`. Values with spaces or signs stand in quotes. Raises UserError that shows where it stopped."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._next, self._depth = text, list(_tokens(text)), 0, 0

    def whole(self) -> Filter:
        found = self._either()
        if self._next < len(self._tokens):
            raise self._stopped("`and`, `or`, or the end")
        return found

    def _either(self) -> Filter:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._stopped(f"at most {_DEEPEST} levels")
        parts = [self._every()]
        while self._take("or"):
            parts.append(self._every())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _every(self) -> Filter:
        """Conditions that stand beside each other; both ends of one field's range become one range."""
        parts: list[Filter] = []
        bare = False
        while not parts or self._take("and"):
            enclosed = self._sees("(") or self._sees("not")
            part = self._one()
            joined = _range(parts[-1], part) if bare and not enclosed else None
            parts[-1:] = [joined] if joined else [*parts[-1:], part]
            bare = not enclosed
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Filter:
        turned = False
        while self._take("not"):
            turned = not turned
        if self._take("("):
            found = self._either()
            self._expect(")")
        else:
            found = self._condition()
        return Not(found) if turned else found

    def _condition(self) -> Filter:
        field = self._value("a field")
        if self._take("not"):
            self._expect("in")
            return Not(is_in(field, self._listed()))
        if self._take("in"):
            return is_in(field, self._listed())
        for sign in ("=", "=="):
            if self._take(sign):
                return is_in(field, (self._value("a value"),))
        if self._take("!="):
            return Not(is_in(field, (self._value("a value"),)))
        sign = self._tokens[self._next][0] if self._next < len(self._tokens) else ""
        if field == ACL or sign not in ("^=", *_COMPARE):
            raise self._stopped("=, != or in" if field == ACL else "=, !=, <, <=, >, >=, ^= or in")
        self._next += 1
        value = self._value("a value")
        if sign == "^=":
            return Prefix(field, value)
        end, is_open = _COMPARE[sign]
        return Between(field, low=value, low_open=is_open) if end == "low" else Between(
            field, high=value, high_open=is_open
        )  # fmt: skip

    def _listed(self) -> tuple[str, ...]:
        self._expect("(")
        values = []
        while not self._take(")"):
            values.append(self._value("a value"))
            if not self._take(","):
                self._expect(")")
                break
        return tuple(values)

    def _value(self, what: str) -> str:
        if self._next >= len(self._tokens) or self._tokens[self._next][0]:
            raise self._stopped(what)
        self._next += 1
        return self._tokens[self._next - 1][1]

    def _sees(self, sign: str) -> bool:
        return self._next < len(self._tokens) and self._tokens[self._next][0] == sign

    def _take(self, sign: str) -> bool:
        """Pass the next token, where it is this sign or keyword."""
        seen = self._sees(sign)
        self._next += seen
        return seen

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._stopped(f"`{sign}`")

    def _stopped(self, wanted: str) -> UserError:
        at = self._tokens[self._next][2] if self._next < len(self._tokens) else len(self._text)
        return _unread(self._text, at, wanted)


def _range(one: Filter, other: Filter) -> Filter | None:
    """`a >= 1` and `a < 5` as one range, which one value must meet; None where they are no such pair."""
    match one, other:
        case Between(field, str(low), low_open, None, _), Between(same, None, _, str(high), high_open) if field == same:
            return Between(field, low, low_open, high, high_open)
    return None


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """(sign or keyword, or "" for a value; the value; its place)."""
    at, end = 0, len(text.rstrip())
    while at < end:
        if text[at].isspace():
            at += 1
            continue
        found = _TOKEN.match(text, at)
        if found is None:
            raise _unread(text, at, "a field, a value or a sign; values with signs stand in quotes")
        kind, said = str(found.lastgroup), found[str(found.lastgroup)]
        place, at = found.start(kind), found.end()
        if kind == "quoted":
            yield "", re.sub(r"\\(.)", r"\1", said[1:-1], flags=re.DOTALL), place
        elif kind == "word" and said.lower() not in _KEYWORDS:
            yield "", said, place
        else:
            yield said.lower(), said, place


def _unread(text: str, at: int, wanted: str) -> UserError:
    return UserError(
        f"the filter cannot be read at {text[at : at + 20]!r} (character {at + 1}): {wanted} should stand there",
        hint='write it as: lang = en and (tags in (a, b) or updated >= 2026-01-01) and not key ^= "old/"',
    )


def filter_text(where: Filter) -> str:
    """The text form of a filter: `parse_filter` gives a filter back that passes the same."""
    match where:
        case All(()):
            return "not key in ()"
        case Any(()):
            return "key in ()"
        case All(parts):
            return "(" + " and ".join(map(filter_text, parts)) + ")"
        case Any(parts):
            return "(" + " or ".join(map(filter_text, parts)) + ")"
        case Not(part):
            return f"not ({filter_text(part)})"
        case Allowed(labels):
            return f"{ACL} in ({', '.join(map(_quoted, labels))})"
        case Is(field, (value,)):
            return f"{_quoted(field)} = {_quoted(value)}"
        case Is(field, values):
            return f"{_quoted(field)} in ({', '.join(map(_quoted, values))})"
        case Prefix(field, value):
            return f"{_quoted(field)} ^= {_quoted(value)}"
        case Between(field, low, low_open, high, high_open):
            name = _quoted(field)
            ends = [] if low is None else [f"{name} {'>' if low_open else '>='} {_quoted(low)}"]
            ends += [] if high is None else [f"{name} {'<' if high_open else '<='} {_quoted(high)}"]
            return f"({' and '.join(ends)})"


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _KEYWORDS:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
