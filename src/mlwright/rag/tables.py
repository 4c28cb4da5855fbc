"""All SQL of RAG: documents as parsed, their chunks and vectors, index versions, prompts and answers."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from mlwright.kernel.clock import stamp
from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Row, Store
from mlwright.rag.rows import (
    IndexVersion,
    NewChunk,
    StoredVersion,
    answer_from,
    chunk_from,
    citation_json,
    index_from,
    info_from,
    used_from,
    version_from,
)
from mlwright.rag.types import Answer, Chunk, DocumentInfo, Used

_MANY = 500


# --- versions and chunks


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
    for some in _slices(versions):
        sql = f"select chunk from rag_chunk where cutting = ? and version in ({_marks(some)})"  # noqa: S608
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
    for some in _slices(ids):
        for row in store.rows(f"{_CHUNK} where c.chunk in ({_marks(some)})", some):
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
    for some in _slices(texts):
        sql = f"select text_sha256 from rag_embedding where model = ? and text_sha256 in ({_marks(some)})"  # noqa: S608
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
    for some in _slices(ids):
        sql = (  # a cross join, or SQLite goes through all vectors of the model to find these
            "select c.chunk, e.vector from rag_chunk c cross join rag_embedding e"  # noqa: S608 - marks only
            f" where e.text_sha256 = c.embedded_sha256 and e.model = ? and c.chunk in ({_marks(some)})"
        )
        found.update({row["chunk"]: bytes(row["vector"]) for row in store.rows(sql, (model.id, *some))})
    return found


# --- what an index holds


def documents(store: Store, shelf: str) -> dict[str, str]:
    """Document to version."""
    rows = store.rows("select document, version from rag_document where shelf = ?", (shelf,))
    return {row["document"]: row["version"] for row in rows}


def holds(store: Store, shelf: str, version: Ref) -> bool:
    """Is this version one of the documents that the index on a shelf holds now?"""
    sql = "select 1 as held from rag_document where shelf = ? and version = ?"
    return store.one(sql, (shelf, version.id)) is not None


def is_cut(store: Store, cutting: str, version: Ref) -> bool:
    sql = "select 1 as cut from rag_cut where cutting = ? and version = ?"
    return store.one(sql, (cutting, version.id)) is not None


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


# --- prompts and answers


def add_prompt(store: Store, prompt: Ref, body: str, at: str) -> None:
    sql = "insert into rag_prompt (prompt, body, first_used_at) values (?, ?, ?) on conflict (prompt) do nothing"
    store.write(sql, (prompt.id, body, at))


def prompt_text(store: Store, prompt: Ref) -> str | None:
    row = store.one("select body from rag_prompt where prompt = ?", (prompt.id,))
    return row["body"] if row else None


def add_answer(store: Store, answer: Answer) -> None:
    """Queue an answer; it is readable after the next flush of the store."""
    hits = [[hit.chunk.ref.id, hit.score, hit.vector, hit.keyword, hit.rerank, hit.probability] for hit in answer.hits]
    store.write_soon(
        "insert into rag_answer (answer, pipeline, question, body, abstained, index_id, prompt, model, release,"
        " input_tokens, output_tokens, cost, citations, hits, seconds, answered_at, conversation, asked, cached_tokens,"
        " calls) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (answer) do nothing",
        [
            (
                answer.ref.id, answer.pipeline, answer.question, answer.text, int(answer.abstained), answer.index.id,
                answer.prompt.id, answer.model.id, answer.release.id if answer.release else "", answer.input_tokens,
                answer.output_tokens, answer.cost, json.dumps([citation_json(c) for c in answer.citations]),
                json.dumps(hits), json.dumps(dict(answer.seconds)), stamp(answer.at),
                answer.conversation.id if answer.conversation else "", answer.asked, answer.cached_tokens,
                json.dumps([[c.model.id, c.input_tokens, c.output_tokens, c.cost] for c in answer.calls]),
            )
        ],
    )  # fmt: skip


def answers(store: Store, limit: int = 100) -> list[Answer]:
    """The newest answers of all pipelines, newest first."""
    sql = "select * from rag_answer order by answered_at desc, answer desc limit ?"
    return _answers(store, store.rows(sql, (limit,)))


def answer_of(store: Store, ref: Ref) -> Answer | None:
    """An answer that was kept."""
    return next(iter(_answers(store, store.rows("select * from rag_answer where answer = ?", (ref.id,)))), None)


def used(store: Store, answers: Sequence[str]) -> list[Used]:
    """What these answers used; those that are not kept are left out."""
    sql = "select answer, model, question, seconds, calls from rag_answer where answer in "
    return [used_from(row) for some in _slices(answers) for row in store.rows(f"{sql}({_marks(some)})", some)]


def _answers(store: Store, rows: Collection[Row]) -> list[Answer]:
    """Answers with their chunks, which are read in one go."""
    known = chunks(store, list(dict.fromkeys(hit[0] for row in rows for hit in json.loads(row["hits"]))))
    return [answer_from(row, known) for row in rows]


def _slices(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _MANY] for start in range(0, len(ids), _MANY))


def _marks(some: Sequence[str]) -> str:
    return ", ".join("?" * len(some))
