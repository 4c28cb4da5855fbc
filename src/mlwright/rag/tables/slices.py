"""Many ids in one statement: a few hundred at a time, since engines bound how many a statement takes."""

from collections.abc import Iterable, Sequence

_MANY = 500


def slices(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _MANY] for start in range(0, len(ids), _MANY))


def marks(some: Sequence[str]) -> str:
    return ", ".join("?" * len(some))
