"""The SQL of documents as they were parsed: versions, chunks and vectors."""

import json
from collections.abc import Collection, Iterable, Sequence

from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store
from mlwright.rag.rows import NewChunk, StoredVersion, chunk_from, version_from
from mlwright.rag.tables.slices import marks, slices
from mlwright.rag.types import Chunk


def add_version(store: Store, stored: StoredVersion, cutting: str, chunks: Sequence[NewChunk]) -> None:
    """A parsed version with its chunks, whole or not at all; harmless the second time."""
    parsed = stored.parsed
    with store.transaction() as t:
        t.write(
            "insert into rag_version (version, format, document, key, title, media_type, text_sha256, characters,"
            " blocks, pages, meta, notes, parsed_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " on conflict (version, format) do nothing",
            (
                stored.version.id, stored.format, stored.document.id, stored.key, parsed.title, parsed.media_type,
                stored.text_sha256, stored.characters,
                json.dumps([[b.kind, b.start, b.end, b.level] for b in parsed.blocks]),
                json.dumps(parsed.pages), json.dumps(dict(parsed.meta)), json.dumps(parsed.notes), stored.parsed_at,
            ),
        )  # fmt: skip
        t.write_many(
            "insert into rag_chunk (chunk, cutting, version, format, place, char_start, char_end, line_start, line_end,"
            " page, headings, body, tokens, embedded_sha256, parent_start, parent_end, context, context_key)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (chunk) do nothing",
            [
                (
                    c.id, cutting, stored.version.id, stored.format, c.place, c.span.start, c.span.end,
                    c.span.line_start, c.span.line_end, c.span.page, json.dumps(c.headings), c.text, c.tokens,
                    c.embedded_sha256, *(c.parent or (0, 0)),
                    *((c.context.body, c.context.key) if c.context else ("", "")),
                )
                for c in chunks
            ],
        )  # fmt: skip
        sql = (
            "insert into rag_cut (cutting, version, chunks) values (?, ?, ?) on conflict (cutting, version) do nothing"
        )
        t.write(sql, (cutting, stored.version.id, len(chunks)))
        t.write("delete from rag_unreadable where cutting = ? and version = ?", (cutting, stored.version.id))


def cut_versions(store: Store, cutting: str) -> dict[str, int]:
    """The versions that were cut, with their numbers of chunks."""
    sql = "select version, chunks from rag_cut where cutting = ?"
    return {row["version"]: row["chunks"] for row in store.rows(sql, (cutting,))}


def is_cut(store: Store, cutting: str, version: Ref) -> bool:
    sql = "select 1 as cut from rag_cut where cutting = ? and version = ?"
    return store.one(sql, (cutting, version.id)) is not None


def add_unreadable(store: Store, cutting: str, version: Ref, reason: str) -> None:
    store.write(
        "insert into rag_unreadable (cutting, version, reason) values (?, ?, ?)"
        " on conflict (cutting, version) do update set reason = excluded.reason",
        (cutting, version.id, reason),
    )


def unreadable(store: Store, cutting: str) -> dict[str, str]:
    """Version to reason."""
    rows = store.rows("select version, reason from rag_unreadable where cutting = ?", (cutting,))
    return {row["version"]: row["reason"] for row in rows}


def version(store: Store, ref: Ref, format: str = "") -> StoredVersion | None:
    """A version as it was parsed in `format`, or as it was parsed last."""
    rows = store.rows("select * from rag_version where version = ? order by parsed_at desc", (ref.id,))
    row = next((row for row in rows if not format or row["format"] == format), None)
    return version_from(row) if row else None


def versions_of(store: Store, document: Ref) -> list[StoredVersion]:
    """The parsed versions of a document, the latest first."""
    rows = store.rows("select * from rag_version where document = ? order by parsed_at desc", (document.id,))
    return [version_from(row) for row in rows]


def chunk_ids(store: Store, cutting: str) -> list[tuple[str, str]]:
    """Every chunk of a cutting, with its version, in order."""
    rows = store.rows("select chunk, version from rag_chunk where cutting = ? order by version, place", (cutting,))
    return [(row["chunk"], row["version"]) for row in rows]


def chunks_in(store: Store, cutting: str, versions: Sequence[str]) -> set[str]:
    """The chunks of these versions."""
    found: set[str] = set()
    for some in slices(versions):
        sql = f"select chunk from rag_chunk where cutting = ? and version in ({marks(some)})"  # noqa: S608
        found.update(row["chunk"] for row in store.rows(sql, (cutting, *some)))
    return found


def chunk_counts(store: Store, cutting: str) -> dict[str, int]:
    """Version to the number of its chunks that there are."""
    sql = "select version, count(*) as many from rag_chunk where cutting = ? group by version"
    return {row["version"]: row["many"] for row in store.rows(sql, (cutting,))}


def count_chunks(store: Store, cutting: str) -> int:
    return sum(chunk_counts(store, cutting).values())


def uncut(store: Store, cutting: str, version: str) -> None:
    """Take the chunks of a version away, so that the next ingest cuts it again."""
    with store.transaction() as t:
        t.write("delete from rag_chunk where cutting = ? and version = ?", (cutting, version))
        t.write("delete from rag_cut where cutting = ? and version = ?", (cutting, version))


def forget_chunks(store: Store, cutting: str, needed: Collection[str]) -> tuple[int, int]:
    """Take away the chunks of versions that are not `needed`, except those that an answer has shown, and vectors and
    contexts that no chunk needs. How many chunks and vectors."""
    with store.transaction() as t:
        gone = [version for version in cut_versions(store, cutting) if version not in needed]
        shown = {hit[0] for row in t.rows("select hits from rag_answer") for hit in json.loads(row["hits"])}
        chunks = [one for one in chunks_in(store, cutting, gone) if one not in shown]
        t.write_many("delete from rag_chunk where chunk = ?", [(chunk,) for chunk in chunks])
        t.write_many("delete from rag_cut where cutting = ? and version = ?", [(cutting, one) for one in gone])
        orphans = t.rows(
            "select e.model, e.text_sha256 from rag_embedding e left join rag_chunk c"
            " on c.embedded_sha256 = e.text_sha256 where c.chunk is null"
        )
        t.write_many(
            "delete from rag_embedding where model = ? and text_sha256 = ?",
            [(row["model"], row["text_sha256"]) for row in orphans],
        )
        t.write("delete from rag_context where context_key not in (select context_key from rag_chunk)")
    return len(chunks), len(orphans)


_CHUNK = (
    "select c.*, v.document, v.key, v.title, v.meta from rag_chunk c"
    " join rag_version v on v.version = c.version and v.format = c.format"
)


def chunks(store: Store, ids: Sequence[str]) -> dict[str, Chunk]:
    """The chunks of these ids that exist."""
    found = {}
    for some in slices(ids):
        for row in store.rows(f"{_CHUNK} where c.chunk in ({marks(some)})", some):
            found[row["chunk"]] = chunk_from(row)
    return found


def chunks_of(store: Store, version: Ref, cutting: str) -> list[Chunk]:
    """The chunks of a version, in order."""
    rows = store.rows(f"{_CHUNK} where c.cutting = ? and c.version = ? order by c.place", (cutting, version.id))
    return [chunk_from(row) for row in rows]


# --- vectors


def without_vector(store: Store, model: Ref, cutting: str) -> list[str]:
    """Chunks of a cutting whose text was not embedded yet."""
    rows = store.rows(
        "select c.chunk from rag_chunk c left join rag_embedding e on e.model = ? and e.text_sha256 = c.embedded_sha256"
        " where c.cutting = ? and e.model is null order by c.version, c.place",
        (model.id, cutting),
    )
    return [row["chunk"] for row in rows]


def known_vectors(store: Store, model: Ref, texts: Sequence[str]) -> set[str]:
    """Those hashes of texts that have a vector."""
    found: set[str] = set()
    for some in slices(texts):
        sql = f"select text_sha256 from rag_embedding where model = ? and text_sha256 in ({marks(some)})"  # noqa: S608
        found.update(row["text_sha256"] for row in store.rows(sql, (model.id, *some)))
    return found


def add_vectors(store: Store, model: Ref, vectors: Iterable[tuple[str, bytes]]) -> None:
    """Hash of a text, and its vector."""
    store.write_many(
        "insert into rag_embedding (model, text_sha256, vector) values (?, ?, ?)"
        " on conflict (model, text_sha256) do nothing",
        [(model.id, text, vector) for text, vector in vectors],
    )


def vectors(store: Store, model: Ref, ids: Sequence[str]) -> dict[str, bytes]:
    """The vectors of chunks, by id of the chunk."""
    found = {}
    for some in slices(ids):
        sql = (  # a cross join, or SQLite goes through all vectors of the model to find these
            "select c.chunk, e.vector from rag_chunk c cross join rag_embedding e"  # noqa: S608 - marks only
            f" where e.text_sha256 = c.embedded_sha256 and e.model = ? and c.chunk in ({marks(some)})"
        )
        found.update({row["chunk"]: bytes(row["vector"]) for row in store.rows(sql, (model.id, *some))})
    return found
