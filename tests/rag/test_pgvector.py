"""The index in PostgreSQL: the suite for all indexes on a private server, and what is its own."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psycopg
import pytest

import mlwright
from mlwright.kernel.errors import Conflict, MissingExtra, MlwrightError, UserError
from mlwright.rag.conditions import Is, matches
from mlwright.rag.indexes import Entry, Index
from mlwright.rag.indexes.pgvector import Config
from mlwright.testing.entries import DIMS, WORDS, entries_of, vectors_of
from mlwright.testing.index import IndexSuite, found_ids
from mlwright.testing.postgresql import private_postgresql, private_schema

TEAM = """version: 1
system: {name: support, risk: minimal}
models: {embed: {embedder: hashing}}
data: {sources: {docs: {use: files, path: "docs/*.md"}}}
rag: {support: {documents: docs}}
targets: {team: {store: "%s", vectors: pgvector}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    try:
        with private_postgresql("vector") as url:
            yield url
    except MissingExtra as error:
        pytest.skip(str(error))


@pytest.fixture
def url(server: str) -> Iterator[str]:
    with private_schema(server) as url:
        yield url


@pytest.fixture
def index(url: str, tmp_path: Path) -> Iterator[Index]:
    index = Config(url=url).build(tmp_path / "index", DIMS)
    yield index
    index.close()


class TestPgvector(IndexSuite):
    quantizes = ("f16", "binary")
    upserts = 60
    kill_rounds = 4
    filters = 40

    @pytest.fixture(autouse=True)
    def _place(self, url: str) -> None:
        self.config = Config(url=url)  # type: ignore[misc]

    def settings(self) -> dict[str, object]:
        assert isinstance(self.config, Config)
        assert self.config.url
        return {**super().settings(), "url": self.config.url.get_secret_value()}

    def size(self, index: Index, home: Path) -> int:
        return index.stats().bytes

    def damageable(self, home: Path) -> list[Path]:
        return []  # the server's pages have checksums of their own


def rows_of(url: str, kind: str) -> str:
    """The name of a table of the one index in the schema."""
    with psycopg.connect(url) as connection:
        found = connection.execute("select relname from pg_class where relkind = 'r' and relname ~ %s "
                                   "and relnamespace = current_schema()::regnamespace", (f"_{kind}$",)).fetchall()  # fmt: skip
    (name,) = found[0]
    return str(name)


@pytest.mark.parametrize("quantize", ["none", "f16", "binary"])
def test_a_graph_finds_nearly_what_exact_search_finds_also_behind_filters(
    url: str, tmp_path: Path, quantize: str
) -> None:
    index = Config(url=url, exact=200).build(tmp_path / "index", DIMS, quantize)  # type: ignore[arg-type]
    entries, vectors = entries_of(1500), vectors_of(1500)
    index.apply(1, entries, vectors, [])
    assert index.stats().search == "hnsw"
    for where in (None, Is("colour", ("red",)), Is("rare", ("yes",))):  # of all, by the graph; of 150 exactly
        same = 0
        passing = [row for row, entry in enumerate(entries) if where is None or matches(where, entry.meta)]
        for query in vectors_of(10, seed=9):
            best = sorted(passing, key=lambda row: -(vectors[row] @ query))[:10]
            found = found_ids(index.by_vector(query, 10, where))
            same += len({entries[row].id for row in best} & set(found))
            assert len(found) == 10
        assert same >= (
            100 if where == Is("rare", ("yes",)) else 95 if quantize != "binary" else 50
        )  # signs of 16 numbers say little
    index.close()


def test_words_are_scored_as_by_the_embedded_index(index: Index, tmp_path: Path) -> None:
    from mlwright.rag.indexes.embedded import Config as Embedded

    other = Embedded().build(tmp_path / "files", DIMS)
    for one in (index, other):
        one.apply(1, entries_of(300), vectors_of(300), [])
        one.apply(2, entries_of(5, seed=3, prefix="d"), vectors_of(5), [])
    for text in ("boiler pump item7", " ".join(WORDS), "where are the pistons"):
        # the embedded index counts a passage more: the note of what its words stand at
        ours, theirs = index.by_words(text, 300), other.by_words(text, 300)
        assert {one.id: pytest.approx(one.score, rel=0.02) for one in theirs} == {one.id: one.score for one in ours}
    other.close()


def test_two_writers_wait_for_each_other(url: str, tmp_path: Path) -> None:
    def write(prefix: str) -> None:
        index = Config(url=url).build(tmp_path / "index", DIMS)
        for turn in range(1, 9):
            index.apply(turn, entries_of(5, seed=turn, prefix=f"{prefix}{turn}-"), vectors_of(5), [])
        index.close()

    threads = [Thread(target=write, args=(prefix,)) for prefix in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    index = Config(url=url).build(tmp_path / "index", DIMS)
    assert len(index.ids()) == 80
    assert index.verify() == []
    index.close()


def test_lost_words_are_found_and_their_entries_removed(index: Index, url: str) -> None:
    index.apply(1, entries_of(20), vectors_of(20), [])
    with psycopg.connect(url) as connection:
        connection.execute(f"delete from {rows_of(url, 'word')} where term = 'item7'".encode())
    found = index.verify()
    assert [damage.place for damage in found] == ["entry c00007"]
    assert index.repair() == found
    assert index.verify() == []
    assert index.ids() == {entry.id for entry in entries_of(20)} - {"c00007"}


def test_a_row_that_was_deleted_by_hand_is_found(index: Index, url: str) -> None:
    index.apply(1, entries_of(20), vectors_of(20), [])
    with psycopg.connect(url) as connection:
        connection.execute(f"delete from {rows_of(url, 'row')} where id = 'c00003'".encode())
    assert len(index.verify()) == 2  # words without a row, and a count that is wrong
    index.repair()
    assert index.verify() == []
    assert "c00003" not in found_ids(index.by_words(" ".join(WORDS), 50))


def test_a_server_that_has_closed_its_connections_is_asked_again(index: Index, server: str) -> None:
    index.apply(1, entries_of(5), vectors_of(5), [])
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity "
                           "where application_name = 'mlwright' and pid <> pg_backend_pid()")  # fmt: skip
    assert len(index.ids()) == 5


def test_texts_may_hold_nul(index: Index) -> None:
    index.apply(1, [Entry("a", "zeppe\0lin", {"colour": "r\0ed"})], vectors_of(1), [])
    assert found_ids(index.by_vector(vectors_of(1)[0], 3, Is("colour", ("r\0ed",)))) == ["a"]


def test_vectors_of_another_length_are_refused(index: Index, url: str, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="16 numbers"):
        Config(url=url).build(tmp_path / "index", DIMS + 1)


def test_an_address_is_needed_and_understood(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no address"):
        Config().build(tmp_path / "index", DIMS)
    with pytest.raises(UserError, match="not understood"):
        Config(url="postgresql://[").build(tmp_path / "index", DIMS)
    with pytest.raises(UserError, match="3000"):
        Config(url="postgresql://here/x").build(tmp_path / "index", 3000)
    with pytest.raises(MlwrightError, match=r"127\.0\.0\.1"):
        Config(url="postgresql://127.0.0.1:1/x").build(tmp_path / "index", DIMS)


def test_facts_tell_whose_server_it_is() -> None:
    assert not Config(url="postgresql://db.internal/x").facts().leaves_machine
    assert Config(url="postgresql://db.example.com/x").facts().leaves_machine
    assert Config().in_store("mlwright.db").url is None


def test_a_target_keeps_rows_and_vectors_in_one_database(url: str, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for thing in WORDS[:6]:
        text = (
            f"# Care of the {thing}\n\nThe {thing} of the first hall is looked after by the {thing} team every week.\n"
        )
        (tmp_path / "docs" / f"{thing}.md").write_text(text, encoding="utf-8")
    (tmp_path / "mlwright.yaml").write_text(TEAM % url, encoding="utf-8")
    with mlwright.open(tmp_path / "mlwright.yaml", target="team") as app:
        app.ingest()
        assert app.retrieve(f"the {WORDS[0]} team").hits
        before = app.index_versions().all()
        tuned = app.tune(documents=2, examples=2)
        assert tuned.documents == 2
        assert app.verify_index() == [], "tuning builds its indexes elsewhere"
        assert app.index_versions().all() == before
    with psycopg.connect(url) as connection:
        tables = {name for (name,) in connection.execute("select tablename from pg_tables")}
    assert {"rag_chunk", "rag_index"} < tables
    assert any(name.startswith("mlwright_support_") for name in tables)
    assert not list((tmp_path / ".mlwright" / "indexes").glob("*/*/"))
