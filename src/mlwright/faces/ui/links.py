"""Where the page of a thing is."""

from urllib.parse import quote, urlencode

from mlwright.kernel.ids import Ref
from mlwright.rag import Citation, Hit

_ROOT = {
    "document": "/documents/",
    "version": "/documents/",
    "chunk": "/documents/",
    "run": "/runs/",
    "evalresult": "/evals/",
    "release": "/releases/",
}


def page_of(ref: Ref) -> str:
    """The page that shows a thing; what has none of its own has its history, `/why/…`."""
    if ref.kind == "answer":
        return f"/answers/{quote(ref.id)}"
    return _ROOT.get(ref.kind, "/why/") + path(ref)


def path(ref: Ref) -> str:
    """A reference as the last part of a path; slashes of document names stay readable."""
    return quote(str(ref), safe="/:@!$'()*,;=~")


def span(version: Ref, start: int, end: int) -> str:
    """The place in the text of a version, marked and scrolled to."""
    return f"{page_of(version)}?{urlencode({'start': start, 'end': end})}#span"


def source_of(citation: Citation) -> str:
    return span(citation.version, citation.span.start, citation.span.end)


def source_of_hit(hit: Hit) -> str:
    return span(hit.chunk.version, hit.chunk.span.start, hit.chunk.span.end)


def with_query(base: str, **values: object) -> str:
    """A URL with those values that are not empty."""
    query = urlencode({name: str(value) for name, value in values.items() if value not in ("", None)})
    return f"{base}?{query}" if query else base
