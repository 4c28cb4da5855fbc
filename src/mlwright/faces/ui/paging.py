"""Long lists, a page at a time; which one, and how it is sorted, stands in the URL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.requests import Request

from mlwright.faces.ui.links import with_query
from mlwright.faces.ui.words import plural

T = TypeVar("T")
SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`before` and `after` are the URLs of the neighbours, empty at the ends; `told` is `51–100 of 240 documents`."""

    rows: Sequence[T]
    told: str
    before: str
    after: str


def paged(request: Request, rows: Sequence[T], noun: str, size: int = SIZE) -> Page[T]:
    """The page that `?page=` names; one that does not exist is the nearest."""
    last = max(1, -(-len(rows) // size))
    number = min(max(1, whole(request, "page", 1)), last)
    start = (number - 1) * size
    shown = rows[start : start + size]
    told = f"{start + 1}–{start + len(shown)} of {plural(len(rows), noun)}" if last > 1 else plural(len(rows), noun)
    return Page(
        shown,
        told,
        turned(request, number - 1) if number > 1 else "",
        turned(request, number + 1) if number < last else "",
    )


def turned(request: Request, number: int) -> str:
    """This URL at another page."""
    return with_query(request.url.path, **{**request.query_params, "page": number if number > 1 else ""})


def whole(request: Request, name: str, default: int) -> int:
    """A whole number from the query; the default where it is absent or nonsense."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else default
