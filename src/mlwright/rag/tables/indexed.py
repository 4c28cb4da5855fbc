"""The SQL of indexes: the documents that one holds, its versions and their tags."""

import json
from collections.abc import Mapping

from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store
from mlwright.rag.rows import IndexVersion, index_from, info_from
from mlwright.rag.types import DocumentInfo


def documents(store: Store, shelf: str) -> dict[str, str]:
    """Document to version."""
    rows = store.rows("select document, version from rag_document where shelf = ?", (shelf,))
    return {row["document"]: row["version"] for row in rows}


def holds(store: Store, shelf: str, version: Ref) -> bool:
    """Is this version one of the documents that the index on a shelf holds now?"""
    sql = "select 1 as held from rag_document where shelf = ? and version = ?"
    return store.one(sql, (shelf, version.id)) is not None


def set_documents(store: Store, shelf: str, now: Mapping[str, str], at: str) -> None:
    """Bring the rows of a shelf to `now` (document to version); `indexed_at` stays where the version does."""
    before = documents(store, shelf)
    with store.transaction() as t:
        t.write_many(
            "delete from rag_document where shelf = ? and document = ?", [(shelf, d) for d in before if d not in now]
        )
        t.write_many(
            "insert into rag_document (shelf, document, version, indexed_at) values (?, ?, ?, ?) on conflict"
            " (shelf, document) do update set version = excluded.version, indexed_at = excluded.indexed_at",
            [(shelf, document, version, at) for document, version in now.items() if before.get(document) != version],
        )


_INFO = (
    "select d.document, d.version, d.indexed_at, v.key, v.title, v.media_type, v.characters, v.pages, v.meta, v.notes,"
    " k.chunks from rag_document d join rag_version v on v.version = d.version and v.format = ?"
    " join rag_cut k on k.version = d.version and k.cutting = ? where d.shelf = ?"
)


def labelled(store: Store, shelf: str, format: str) -> int:
    """How many documents on a shelf say themselves who may see them."""
    sql = "select d.document from rag_document d join rag_version v on v.version = d.version and v.format = ?"
    return len(store.rows(f"{sql} where d.shelf = ? and v.meta like ?", (format, shelf, '%"acl":%')))


def document_infos(store: Store, shelf: str, format: str, cutting: str, document: str = "") -> list[DocumentInfo]:
    """The documents on a shelf by key, or the one that is named by document or version."""
    args: tuple[str, ...] = (format, cutting, shelf)
    if not document:
        return [info_from(row) for row in store.rows(f"{_INFO} order by v.key", args)]
    sql = f"{_INFO} and (d.document = ? or d.version = ?)"
    return [info_from(row) for row in store.rows(sql, (*args, document, document))]


def put_index(store: Store, index: IndexVersion) -> None:
    """Write an index version; one that was planned for the same generation is replaced."""
    store.write(
        "insert into rag_index (shelf, generation, index_id, pipeline, dataset, documents, chunks, skipped, settings,"
        " run, built_at, bytes, bare) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (shelf, generation)"
        " do update set index_id = excluded.index_id, dataset = excluded.dataset, documents = excluded.documents,"
        " chunks = excluded.chunks, skipped = excluded.skipped, settings = excluded.settings, run = excluded.run,"
        " built_at = excluded.built_at, bytes = excluded.bytes, bare = excluded.bare",
        (
            index.shelf, index.generation, index.ref.id, index.pipeline, index.dataset.id, index.documents,
            index.chunks, json.dumps(index.skipped), json.dumps(dict(index.settings)), index.run, index.at,
            index.bytes, json.dumps(index.bare),
        ),
    )  # fmt: skip


def index_at(store: Store, shelf: str, generation: int) -> IndexVersion | None:
    row = store.one("select * from rag_index where shelf = ? and generation = ?", (shelf, generation))
    return index_from(row) if row else None


def last_generation(store: Store, shelf: str) -> int:
    """The highest generation that was ever planned for a shelf; 0 for none."""
    row = store.one("select max(generation) as last from rag_index where shelf = ?", (shelf,))
    return int(row["last"] or 0) if row else 0


def index_of(store: Store, ref: Ref) -> IndexVersion | None:
    row = store.one("select * from rag_index where index_id = ? order by built_at desc limit 1", (ref.id,))
    return index_from(row) if row else None


def index_versions(store: Store, shelf: str, until: int) -> list[IndexVersion]:
    """Up to generation `until`, the newest first."""
    sql = "select * from rag_index where shelf = ? and generation <= ? order by generation desc"
    return [index_from(row) for row in store.rows(sql, (shelf, until))]


def datasets_in_use(store: Store) -> list[Ref]:
    """Those of the newest and of the tagged versions of all indexes."""
    rows = store.rows(
        "select i.dataset from rag_index i where i.generation ="
        " (select max(n.generation) from rag_index n where n.shelf = i.shelf)"
        " union select i.dataset from rag_index i join rag_index_tag t"
        " on t.shelf = i.shelf and t.generation = i.generation",
        (),
    )
    return [Ref("dataset", row["dataset"]) for row in rows]


def index_tags(store: Store, shelf: str) -> dict[str, int]:
    """Tag to generation."""
    rows = store.rows("select tag, generation from rag_index_tag where shelf = ?", (shelf,))
    return {row["tag"]: row["generation"] for row in rows}


def add_index_tag(store: Store, shelf: str, tag: str, generation: int, at: str) -> None:
    store.write(
        "insert into rag_index_tag (shelf, tag, generation, tagged_at) values (?, ?, ?, ?)"
        " on conflict (shelf, tag) do nothing",
        (shelf, tag, generation, at),
    )


def remove_index_tag(store: Store, shelf: str, tag: str) -> None:
    store.write("delete from rag_index_tag where shelf = ? and tag = ?", (shelf, tag))
