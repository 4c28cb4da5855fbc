"""All SQL of contexts."""

from collections.abc import Iterable, Sequence

from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store
from mlwright.rag.rows import Context

_MANY = 500


def contexts(store: Store, keys: Sequence[str]) -> dict[str, str]:
    """Those that were written, by key."""
    found = {}
    for start in range(0, len(keys), _MANY):
        some = keys[start : start + _MANY]
        marks = ", ".join("?" * len(some))
        sql = f"select context_key, body from rag_context where context_key in ({marks})"  # noqa: S608
        found.update({row["context_key"]: row["body"] for row in store.rows(sql, some)})
    return found


def add_context(store: Store, context: Context, model: Ref, prompt: Ref, at: str) -> None:
    store.write(
        "insert into rag_context (context_key, model, prompt, body, made_at) values (?, ?, ?, ?, ?)"
        " on conflict (context_key) do nothing",
        (context.key, model.id, prompt.id, context.body, at),
    )


def bare_chunks(store: Store, cutting: str) -> list[tuple[str, str]]:
    """The chunks of a cutting without a context, each with its version, in order."""
    sql = "select chunk, version from rag_chunk where cutting = ? and context = '' order by version, place"
    return [(row["chunk"], row["version"]) for row in store.rows(sql, (cutting,))]


def set_contexts(store: Store, found: Iterable[tuple[str, Context, str]]) -> None:
    """Chunk, its context, and the hash of what is to be embedded of both."""
    store.write_many(
        "update rag_chunk set context = ?, context_key = ?, embedded_sha256 = ? where chunk = ?",
        [(context.body, context.key, embedded, chunk) for chunk, context, embedded in found],
    )
