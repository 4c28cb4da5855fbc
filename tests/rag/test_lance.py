"""The index in LanceDB: the suite for all indexes, and what is its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

pytest.importorskip("lancedb", reason='pip install "mlwright[lance]"')

from mlwright.kernel.errors import Conflict
from mlwright.rag.conditions import Is, matches
from mlwright.rag.indexes import Index, Quantize
from mlwright.rag.indexes.lance import Config
from mlwright.testing.entries import DIMS, WORDS, entries_of, vectors_of
from mlwright.testing.index import IndexSuite, found_ids
from mlwright.testing.s3 import make_bucket, private_s3


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Config().build(tmp_path / "index", DIMS)
    yield index
    index.close()


class TestLance(IndexSuite):
    config = Config()
    quantizes: ClassVar = ("i8", "binary")
    upserts = 40
    recent = 8_000_000
    kill_rounds = 2
    filters = 20
    reads = 40

    def damageable(self, home: Path) -> list[Path]:
        return []  # files of Lance have no checksums; rows have: see below


def table(home: Path, name: str) -> Any:
    import lancedb

    return lancedb.connect(home / "index" / "lance").open_table(name)


@pytest.mark.parametrize("quantize", ["none", "i8", "binary"])
def test_partitions_find_nearly_what_exact_search_finds_also_behind_filters(tmp_path: Path, quantize: Quantize) -> None:
    index = Config(exact=200, effort=100).build(tmp_path / "index", DIMS, quantize)
    entries, vectors = entries_of(1500), vectors_of(1500)
    index.apply(1, entries[:1400], vectors[:1400], [])
    index.apply(2, entries[1400:], vectors[1400:], [])  # not in the partitions yet
    assert index.stats().search == "ivf"
    for where in (None, Is("colour", ("red",)), Is("rare", ("yes",))):  # the last is met by 150: searched exactly
        same = 0
        passing = [row for row, entry in enumerate(entries) if where is None or matches(where, entry.meta)]
        for query in vectors_of(8, seed=9):
            best = sorted(passing, key=lambda row: -(vectors[row] @ query))[:10]
            found = found_ids(index.by_vector(query, 10, where))
            assert len(found) == 10
            same += len({entries[row].id for row in best} & set(found))
        assert same >= (80 if where == Is("rare", ("yes",)) else 78 if quantize != "binary" else 60)
    index.close()


def test_a_row_that_was_changed_by_hand_is_found_and_removed(index: Index, tmp_path: Path) -> None:
    index.apply(1, entries_of(20), vectors_of(20), [])
    table(tmp_path, "row").update(where="id = 'c00003'", values={"vector": vectors_of(1, seed=7)[0].tolist()})
    table(tmp_path, "word").delete("term = 'item7'")
    found = index.verify()
    assert [damage.place for damage in found] == ["entry c00003", "entry c00007"]
    assert index.repair() == found
    assert index.verify() == []
    assert index.ids() == {entry.id for entry in entries_of(20)} - {"c00003", "c00007"}
    assert len(index.by_words(" ".join(WORDS), 50)) == 18


def test_what_a_killed_writer_has_left_is_taken_back(index: Index, tmp_path: Path) -> None:
    """Rows and words are there and the state does not know them yet."""
    index.apply(1, entries_of(20), vectors_of(20), [])
    before = table(tmp_path, "state").search().to_arrow()
    index.apply(2, entries_of(5, seed=4), vectors_of(5, seed=4), ["c00009"])
    table(tmp_path, "state").add(before, mode="overwrite")
    assert index.ids() == {entry.id for entry in entries_of(20)}
    assert found_ids(index.by_words("item9", 3)) == ["c00009"]
    index.apply(2, [], vectors_of(0), ["c00010"])
    assert index.ids() == {entry.id for entry in entries_of(20)} - {"c00010"}
    assert index.verify() == []


def test_small_segments_are_joined(index: Index, tmp_path: Path) -> None:
    whole = Config().build(tmp_path / "whole", DIMS)
    entries, vectors = entries_of(40), vectors_of(40)
    for number in range(40):
        index.apply(number + 1, entries[number : number + 1], vectors[number : number + 1], [])
    whole.apply(1, entries, vectors, [])
    text = " ".join([*WORDS, "item5"])
    assert index.by_words(text, 100) == whole.by_words(text, 100)
    assert index.verify() == []


def test_vectors_of_another_length_are_refused(index: Index, tmp_path: Path) -> None:
    index.apply(1, entries_of(2), vectors_of(2), [])
    with pytest.raises(Conflict, match="16 numbers"):
        Config().build(tmp_path / "index", DIMS + 1)


def test_tables_may_lie_in_a_bucket(tmp_path: Path) -> None:
    with private_s3() as endpoint:
        make_bucket(endpoint, "acme")
        config = Config(url=f"s3://acme/indexes?endpoint={endpoint}&region=us-east-1")
        index = config.build(tmp_path / "docs-1", DIMS)
        index.apply(1, entries_of(30), vectors_of(30), [])
        index.apply(2, [], vectors_of(0), ["c00003"])
        again = config.build(tmp_path / "docs-1", DIMS)
        assert again.ids() == {entry.id for entry in entries_of(30)} - {"c00003"}
        assert found_ids(again.by_words("item5", 1)) == ["c00005"]
        assert again.stats().bytes > 1000
        assert not list(tmp_path.iterdir())
    assert not config.facts().embedded
    assert not config.facts().leaves_machine
