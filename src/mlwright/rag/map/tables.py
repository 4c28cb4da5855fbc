"""The SQL of maps: where the chunks on one stand."""

from collections.abc import Sequence

from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store
from mlwright.rag.types import Span

_MANY = 500
Place = tuple[Ref, str, Span]


def places(store: Store, ids: Sequence[str]) -> dict[str, Place]:
    """Document, key and span of each chunk that there is."""
    found = {}
    for start in range(0, len(ids), _MANY):
        some = ids[start : start + _MANY]
        rows = store.rows(
            "select c.chunk, c.char_start, c.char_end, c.line_start, c.line_end, c.page, v.document, v.key"  # noqa: S608
            " from rag_chunk c join rag_version v on v.version = c.version and v.format = c.format"
            f" where c.chunk in ({', '.join('?' * len(some))})",
            some,
        )
        for row in rows:
            span = Span(row["char_start"], row["char_end"], row["line_start"], row["line_end"], row["page"])
            found[row["chunk"]] = Ref("document", row["document"]), row["key"], span
    return found
