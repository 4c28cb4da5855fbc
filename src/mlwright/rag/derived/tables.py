"""The SQL of what was worked out: which blob holds it."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that was worked out."""

    pipeline: str
    thing: str
    name: str
    sha256: str
    bytes: int


_KEPT = "select pipeline, thing, name, sha256, bytes from rag_derived"


def sha256_of(store: Store, pipeline: str, of: Ref, name: str) -> str | None:
    sql = "select sha256 from rag_derived where pipeline = ? and thing = ? and name = ?"
    row = store.one(sql, (pipeline, str(of), name))
    return str(row["sha256"]) if row else None


def put(store: Store, kept: Kept, at: str) -> None:
    store.write(
        "insert into rag_derived (pipeline, thing, name, sha256, bytes, made_at) values (?, ?, ?, ?, ?, ?) on conflict"
        " (pipeline, thing, name) do update set sha256 = excluded.sha256, bytes = excluded.bytes,"
        " made_at = excluded.made_at",
        (kept.pipeline, kept.thing, kept.name, kept.sha256, kept.bytes, at),
    )


def newest(store: Store, pipeline: str) -> list[Kept]:
    """All of a pipeline, what was made last first."""
    rows = store.rows(f"{_KEPT} where pipeline = ? order by made_at desc, thing, name", (pipeline,))
    return [Kept(**row) for row in rows]


def gone(store: Store, pipeline: str, shelf: str, index: str) -> list[Kept]:
    """What belongs to no document on the shelf and to another index than this."""
    rows = store.rows(
        f"{_KEPT} where pipeline = ? and thing <> ? and thing not in"  # noqa: S608 - a constant
        " (select 'version:' || version from rag_document where shelf = ?)",
        (pipeline, index, shelf),
    )
    return [Kept(**row) for row in rows]


def pipelines(store: Store) -> list[str]:
    return [row["pipeline"] for row in store.rows("select distinct pipeline from rag_derived", ())]


def remove(store: Store, some: Sequence[Kept]) -> None:
    store.write_many(
        "delete from rag_derived where pipeline = ? and thing = ? and name = ?",
        [(one.pipeline, one.thing, one.name) for one in some],
    )
