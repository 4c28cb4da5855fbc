"""The index in Qdrant: the suite for all indexes, on files and on a server of its protocol, and what is its own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest

pytest.importorskip("qdrant_client", reason='pip install "mlwright[qdrant]"')

from pydantic import ValidationError
from qdrant_client import QdrantClient

from mlwright.kernel.errors import Conflict, ProviderError, TransientError, UserError
from mlwright.rag.conditions import Between, Is, matches
from mlwright.rag.indexes import Entry, Index
from mlwright.rag.indexes._blocks import blocks_of
from mlwright.rag.indexes._bm25 import Counted
from mlwright.rag.indexes._qdrant.packets import blocks_in, labels_of, packets_of
from mlwright.rag.indexes._qdrant.records import _STATE
from mlwright.rag.indexes.embedded import Config as Embedded
from mlwright.rag.indexes.qdrant import Config
from mlwright.testing.entries import DIMS, WORDS, entries_of, vectors_of
from mlwright.testing.index import IndexSuite, found_ids
from mlwright.testing.qdrant_server import QdrantServer


@pytest.fixture
def server() -> Iterator[QdrantServer]:
    with QdrantServer(key="s3cret") as server:
        yield server


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Config().build(tmp_path / "index", DIMS)
    yield index
    index.close()


class TestFiles(IndexSuite):
    config = Config()
    quantizes: ClassVar = ("i8", "binary")
    crowd = 30
    upserts = 40
    quantised = 600
    recent = 6_000_000
    kill_rounds = 2
    filters = 20
    reads = 40

    def damageable(self, home: Path) -> list[Path]:
        return []  # files of SQLite have no checksums; rows have: see below


class TestServed(IndexSuite):
    quantizes: ClassVar = ("i8", "binary")
    crowd = 60
    upserts = 40
    quantised = 600
    kill_rounds = 2
    filters = 10
    reads = 20

    @pytest.fixture(autouse=True)
    def _place(self, server: QdrantServer) -> None:
        self.config = served(server)  # type: ignore[misc]

    def settings(self) -> dict[str, object]:
        return {**super().settings(), "api_key": "s3cret"}

    def size(self, index: Index, home: Path) -> int:
        return index.stats().bytes

    def damageable(self, home: Path) -> list[Path]:
        return []  # there are none


def served(server: QdrantServer, **settings: Any) -> Config:
    return Config.model_validate({"use": "qdrant", "url": server.url, "api_key": "s3cret", **settings})


def by_hand(home: Path) -> tuple[QdrantClient, str]:
    """Its files, and the name of the collection in them; no index may have them open."""
    client = QdrantClient(path=str(home / "qdrant"))
    return client, client.get_collections().collections[0].name


def test_a_row_that_was_changed_by_hand_is_found_and_removed(tmp_path: Path) -> None:
    index = Config().build(tmp_path / "index", DIMS)
    index.apply(1, entries_of(20), vectors_of(20), [])
    index.close()
    client, name = by_hand(tmp_path / "index")
    (changed,) = (one for one in client.scroll(name, limit=99)[0] if (one.payload or {}).get("id") == "c00003")
    client.set_payload(name, {"meta": ["colour\x1fblue"]}, points=[changed.id])
    client.close()
    index = Config().build(tmp_path / "index", DIMS)
    found = index.verify()
    assert [damage.place for damage in found] == ["entry c00003"]
    assert index.repair() == found
    assert index.verify() == []
    assert index.ids() == {entry.id for entry in entries_of(20)} - {"c00003"}
    assert len(index.by_words(" ".join(WORDS), 50)) == 19
    index.close()


def test_what_a_killed_writer_has_left_is_taken_back(tmp_path: Path) -> None:
    """Rows and words are there and the state does not know them yet."""
    index = Config().build(tmp_path / "index", DIMS)
    index.apply(1, entries_of(20), vectors_of(20), [])
    index.close()
    client, name = by_hand(tmp_path / "index")
    (before,) = client.retrieve(name, [_STATE])
    client.close()
    index = Config().build(tmp_path / "index", DIMS)
    index.apply(2, entries_of(5, seed=4), vectors_of(5, seed=4), ["c00009"])
    index.close()
    client, name = by_hand(tmp_path / "index")
    client.set_payload(name, before.payload or {}, points=[_STATE])
    client.close()
    index = Config().build(tmp_path / "index", DIMS)
    assert index.ids() == {entry.id for entry in entries_of(20)}
    assert found_ids(index.by_words("item9", 3)) == ["c00009"]
    index.apply(2, [], vectors_of(0), ["c00010"])
    assert index.ids() == {entry.id for entry in entries_of(20)} - {"c00010"}
    assert index.verify() == []
    index.close()


def test_small_segments_are_joined_and_words_are_scored_as_by_the_embedded_index(index: Index, tmp_path: Path) -> None:
    other = Embedded().build(tmp_path / "files", DIMS)
    entries, vectors = entries_of(40), vectors_of(40)
    for number in range(40):
        index.apply(number + 1, entries[number : number + 1], vectors[number : number + 1], [])
    other.apply(1, entries, vectors, [])
    for text in ("boiler pump item7", " ".join(WORDS)):
        # the embedded index counts a passage more: the note of what its words stand at
        ours, theirs = index.by_words(text, 100), other.by_words(text, 100)
        assert {one.id: pytest.approx(one.score, rel=0.05) for one in theirs} == {one.id: one.score for one in ours}
    assert index.verify() == []
    other.close()


@pytest.mark.parametrize(("passages", "count"), [(60, 1), (600, 16), (2000, 256)])
def test_packets_hold_what_they_were_made_of(passages: int, count: int) -> None:
    random = Random(passages)
    texts = [[f"w{random.randrange(6000)}" for _ in range(30)] for _ in range(passages)]
    blocks = blocks_of(5000, [Counted.of(text) for text in texts], 7)
    packets = list(packets_of(blocks))
    assert len({packet.id for packet in packets}) == len(packets) == count
    assert {block.term: block for packet in packets for block in blocks_in(packet)} == {
        block.term: block for block in blocks
    }
    asked = [packet for packet in packets if packet.label in labels_of([blocks[0].term])]
    assert len(asked) == 1
    assert list(blocks_in(asked[0], {blocks[0].term})) == blocks[:1]


def test_ranges_of_many_values_lose_nothing_in_files(index: Index) -> None:
    """Above some values, rows are looked at here and not by Qdrant."""
    entries = [Entry(f"c{number:03}", f"pump item{number}", {"day": f"d{number:03}"}) for number in range(150)]
    vectors = vectors_of(150)
    index.apply(1, entries, vectors, [])
    query = vectors_of(1, seed=2)[0]
    for where in (Between("day", low="d020", high="d120"), Between("day", low="d140")):
        passing = [place for place, entry in enumerate(entries) if matches(where, entry.meta)]
        best = sorted(passing, key=lambda place: -(vectors[place] @ query))
        assert found_ids(index.by_vector(query, 9, where)) == [entries[place].id for place in best[:9]]
        assert len(index.by_words("pump", 500, where)) == len(passing)


@pytest.mark.parametrize("opened", ["files", "server"])
def test_vectors_of_another_length_are_refused(tmp_path: Path, server: QdrantServer, opened: str) -> None:
    config = Config() if opened == "files" else served(server)
    config.build(tmp_path / "index", DIMS).close()
    with pytest.raises(Conflict, match="16 numbers"):
        config.build(tmp_path / "index", DIMS + 1)
    config.build(tmp_path / "index", DIMS).close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Qdrant leaves its lock file open
def test_files_that_another_process_has_open_are_told_so(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path / "index")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    with pytest.raises(Conflict, match="another process"):
        Config().build(tmp_path / "index", DIMS)
    child.communicate("\n")
    Config().build(tmp_path / "index", DIMS).close()


_HOLD = f"""
import sys
from pathlib import Path
from mlwright.rag.indexes.qdrant import Config
index = Config().build(Path(sys.argv[1]), {DIMS})
print("open", flush=True)
sys.stdin.readline()
index.close()
"""


def test_a_first_opening_that_was_killed_is_made_again(tmp_path: Path) -> None:
    beside = tmp_path / "index" / "qdrant.new"
    beside.mkdir(parents=True)
    (beside / "meta.json").touch()
    index = Config().build(tmp_path / "index", DIMS)
    assert index.ids() == set()
    assert not beside.exists()
    index.close()


def test_files_that_say_nothing_are_told_so(tmp_path: Path) -> None:
    index = Config().build(tmp_path / "index", DIMS)
    index.apply(1, entries_of(5), vectors_of(5), [])
    index.close()
    (tmp_path / "index" / "qdrant" / "meta.json").write_text("{")
    with pytest.raises(ProviderError, match="cannot be read"):
        Config().build(tmp_path / "index", DIMS)


def test_files_may_stand_elsewhere(tmp_path: Path) -> None:
    config = Config(path=str(tmp_path / "elsewhere"))
    config.build(tmp_path / "workspace" / "docs-1", DIMS).close()
    assert (tmp_path / "elsewhere" / "docs-1").is_dir()
    assert not (tmp_path / "workspace").exists()


def test_a_server_is_asked_for_what_makes_it_quick(tmp_path: Path, server: QdrantServer) -> None:
    index = served(server, exact=10, effort=99).build(tmp_path / "index", DIMS, "binary")
    index.apply(1, entries_of(60), vectors_of(60), [])
    made = next(body for asked, body in server.asked if asked.startswith("PUT /collections/") and "vectors" in body)
    assert made["quantization_config"] == {"binary": {"always_ram": True}}
    assert made["vectors"] == {"size": DIMS, "distance": "Dot", "on_disk": True}
    fields = {body["field_name"] for asked, body in server.asked if asked.endswith("/index")}
    assert fields == {"id", "meta", "label", "segment", "born", "died", "since", "until"}
    index.by_vector(vectors_of(1)[0], 5)
    assert searched(server)["hnsw_ef"] == 99
    assert searched(server)["quantization"]["oversampling"] == 20
    index.by_vector(vectors_of(1)[0], 5, Is("rare", ("yes",)))  # met by fewer than `exact`
    assert searched(server)["exact"] is True
    index.close()


def searched(server: QdrantServer) -> dict[str, Any]:
    return [body for asked, body in server.asked if asked.endswith("/query")][-1]["params"]


def test_a_server_that_fails_leaves_the_index_as_it_was(tmp_path: Path, server: QdrantServer) -> None:
    index = served(server).build(tmp_path / "index", DIMS)
    index.apply(1, entries_of(5), vectors_of(5), [])
    server.refusals.extend([503])
    with pytest.raises(TransientError, match="503"):
        index.apply(2, entries_of(3, prefix="d"), vectors_of(3), [])
    server.refusals.extend([400])
    with pytest.raises(ProviderError, match="refused as told"):
        index.ids()
    assert index.ids() == {entry.id for entry in entries_of(5)}
    index.close()


def test_addresses_and_keys_are_told_apart(tmp_path: Path, server: QdrantServer) -> None:
    with pytest.raises(UserError, match="API key"):
        Config.model_validate({"use": "qdrant", "url": server.url, "api_key": "wrong"}).build(tmp_path / "index", DIMS)
    with pytest.raises(TransientError, match="does not answer"):
        Config(url="http://127.0.0.1:1").build(tmp_path / "index", DIMS)
    with pytest.raises(ValidationError, match="not both"):
        Config(url=server.url, path="files")


def test_facts_tell_whose_server_it_is() -> None:
    assert Config().facts().embedded
    assert not Config(url="http://127.0.0.1:6333").facts().embedded
    assert not Config(url="http://qdrant:6333").facts().leaves_machine
    assert Config(url="https://x.cloud.qdrant.io:6333").facts().leaves_machine
