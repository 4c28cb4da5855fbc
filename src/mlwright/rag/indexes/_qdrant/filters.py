"""Filters as Qdrant takes them. It compares keywords and numbers, so ranges and prefixes have become values before."""

from collections.abc import Sequence
from typing import TypeAlias

from qdrant_client import models

from mlwright.rag.conditions import ACL, All, Allowed, Any, Filter, Is, Not
from mlwright.rag.indexes._records import LIVE, pair

Condition: TypeAlias = "models.FieldCondition | models.Filter"


def within(born: str, died: str, moments: Sequence[int]) -> models.Filter:
    """What lives at one of the changes at least; the fields say in which it was born and has died."""
    return models.Filter(should=[models.Filter(must=[upto(born, moment), beyond(died, moment)]) for moment in moments])


def upto(field: str, number: int) -> Condition:
    return models.FieldCondition(key=field, range=models.Range(lte=number))


def beyond(field: str, number: int) -> Condition:
    return models.FieldCondition(key=field, range=models.Range(gt=number))


def living(field: str) -> Condition:
    return models.FieldCondition(key=field, match=models.MatchValue(value=LIVE))


def one_of(field: str, values: Sequence[str] | Sequence[int]) -> Condition:
    return models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))


_NEVER = models.FieldCondition(key="born", range=models.Range(lt=0))


def condition(where: Filter) -> Condition:
    """Of a row's pairs (see `_records.pairs`)."""
    match where:
        case All(parts):
            return models.Filter(must=[condition(part) for part in parts])
        case Any(()) | Is(_, ()):
            return _NEVER
        case Any(parts):
            return models.Filter(should=[condition(part) for part in parts])
        case Not(part):
            return models.Filter(must_not=[condition(part)])
        case Is(field, values):
            return one_of("meta", [pair(field, value) for value in values])
        case Allowed(labels):
            unmarked = models.Filter(must_not=[one_of("meta", [ACL])])
            allowed = [one_of("meta", [pair(ACL, label) for label in labels])] if labels else []
            return models.Filter(should=[unmarked, *allowed])
        case _:
            raise TypeError(where)


def listed(where: Filter) -> int:
    """How many values it names."""
    match where:
        case All(parts) | Any(parts):
            return sum(map(listed, parts))
        case Not(part):
            return listed(part)
        case Is(_, values) | Allowed(values):
            return len(values)
        case _:
            raise TypeError(where)
