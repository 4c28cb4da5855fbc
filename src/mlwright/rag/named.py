"""Named filters: the metadata values and the dates that a question itself names, by rules and without a model.

A value of a field is named where its words stand in the question together, whatever their case; of two that overlap the
longer one counts, several values of one field are alternatives, and one behind `not`, `except` or `without` is none.
Values of one or two characters are never named: `it` is a language and a word. Dates name the first field that holds
nothing but dates: `since 2026`, `after 2026-03`, `before March 2026`, `until`, `in`, `between … and …`.
"""

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from mlwright.kernel.ids import Ref
from mlwright.rag.conditions import All, Between, Filter, is_in, values_of
from mlwright.rag.types import Meta

_READ = 8_000
_SHORTEST, _MOST_WORDS = 3, 8
_WORD = re.compile(r"\w+")
_NEVER = frozenset({"not", "except", "without", "excluding", "than"})
_ISO = re.compile(r"\d{4}(-\d\d(-\d\d([T ].*)?)?)?")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_DATE = rf"(?:(?:{'|'.join(_MONTHS)})\s+\d{{4}}|(?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?)(?![\w-])"
_WHEN = re.compile(rf"\b(since|from|after|before|until|in|on|during)\s+({_DATE})", re.I)
_SPAN = re.compile(rf"\b(?:between|from)\s+({_DATE})\s+(?:and|to|until)\s+({_DATE})", re.I)


@dataclass(frozen=True, slots=True)
class _Known:
    """What documents have in the fields: values by their words, and the field of dates."""

    values: Mapping[tuple[str, ...], tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Lower-case words to the pairs of field and value that are written so."""
    dated: str = ""


@dataclass(slots=True)
class Named:
    """Reads filters over `fields` from questions. `documents` gives the fields of every document that is searched, and
    is asked once for each state of the index. Safe to call from several threads."""

    fields: Sequence[str]
    documents: Callable[[], Iterable[Meta]]
    _state: Ref | None = None
    _known: _Known = field(default_factory=_Known)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def filter_of(self, question: str, state: Ref) -> Filter | None:
        """What the question names; None where it names nothing that a document has."""
        with self._lock:
            if state != self._state:
                self._known, self._state = _known(self.fields, self.documents()), state
            known = self._known
        text = question[:_READ]
        found = _values(text, known)
        parts: list[Filter] = [is_in(name, found[name]) for name in self.fields if name in found]
        if known.dated and (when := _when(text, known.dated)):
            parts.append(when)
        return None if not parts else parts[0] if len(parts) == 1 else All(tuple(parts))


def _known(fields: Sequence[str], documents: Iterable[Meta]) -> _Known:
    of_field: dict[str, set[str]] = {name: set() for name in fields}
    for meta in documents:
        for name in fields:
            of_field[name].update(values_of(meta.get(name, ())))
    dates = [name for name in fields if of_field[name] and all(map(_ISO.fullmatch, of_field[name]))]
    values: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for name in fields:
        for value in sorted(of_field[name]) if name not in dates else ():
            words = _words(value)
            if len(value) >= _SHORTEST and 0 < len(words) <= _MOST_WORDS:
                values.setdefault(words, []).append((name, value))
    return _Known({words: tuple(pairs) for words, pairs in values.items()}, dates[0] if dates else "")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(text))


def _values(question: str, known: _Known) -> dict[str, list[str]]:
    words, place = _words(question), 0
    found: dict[str, list[str]] = {}
    while place < len(words):
        for length in range(min(_MOST_WORDS, len(words) - place), 0, -1):
            pairs = known.values.get(words[place : place + length])
            if pairs and _NEVER.isdisjoint(words[max(0, place - 2) : place]):
                for name, value in pairs:
                    found.setdefault(name, []).append(value)
                place += length - 1
                break
        place += 1
    return {name: sorted(set(values)) for name, values in found.items()}


def _when(question: str, name: str) -> Between | None:
    """The first time that is named. A year, a month and a day are each meant whole."""
    if span := _SPAN.search(question):
        low, end = _iso(span[1]), _next(_iso(span[2]))
        return Between(name, low, high=end, high_open=True) if end and low < end else None
    if not (found := _WHEN.search(question)):
        return None
    how, day = found[1].lower(), _iso(found[2])
    end = _next(day)
    if not end:
        return None
    match how:
        case "since" | "from":
            return Between(name, day)
        case "after":
            return Between(name, end)
        case "before":
            return Between(name, high=day, high_open=True)
        case "until":
            return Between(name, high=end, high_open=True)
        case _:
            return Between(name, day, high=end, high_open=True)


def _iso(text: str) -> str:
    month, _, year = text.lower().partition(" ")
    return f"{year.strip()}-{_MONTHS.index(month) + 1:02}" if year else text


def _next(day: str) -> str:
    """The year, month or day after it; empty for what is in no calendar."""
    year, *rest = map(int, day.split("-"))
    try:
        match rest:
            case []:
                return f"{year + 1:04}"
            case [month]:
                after = date(year, month, 28) + timedelta(days=4)
                return f"{after.year:04}-{after.month:02}"
            case _:
                return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except ValueError:
        return ""
