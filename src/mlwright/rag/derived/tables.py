"""The SQL of what was worked out: which blob holds it."""

from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store


def sha256_of(store: Store, of: Ref, name: str) -> str | None:
    row = store.one("select sha256 from rag_derived where thing = ? and name = ?", (str(of), name))
    return str(row["sha256"]) if row else None


def put(store: Store, of: Ref, name: str, sha256: str, at: str) -> None:
    store.write(
        "insert into rag_derived (thing, name, sha256, made_at) values (?, ?, ?, ?) on conflict (thing, name)"
        " do update set sha256 = excluded.sha256, made_at = excluded.made_at",
        (str(of), name, sha256, at),
    )
