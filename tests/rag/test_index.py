"""The embedded index: the suite for all indexes, and what is its own."""

import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest

from mlwright.kernel.errors import Conflict, ProviderError
from mlwright.rag.indexes.embedded import Config
from mlwright.testing.entries import DIMS, entries_of, vectors_of
from mlwright.testing.index import IndexSuite


class TestEmbedded(IndexSuite):
    config = Config()


def test_vectors_of_another_length_are_refused(tmp_path: Path) -> None:
    Config().build(tmp_path, DIMS).close()
    with pytest.raises(Conflict, match="vectors of 16 numbers"):
        Config().build(tmp_path, DIMS + 1)


def test_vectors_and_entries_must_agree(tmp_path: Path) -> None:
    index = Config().build(tmp_path, DIMS)
    with pytest.raises(ValueError, match="shape"):
        index.apply(1, entries_of(2), vectors_of(3), [])
    index.close()


def test_what_a_crash_has_torn_is_left_out_and_overwritten(tmp_path: Path) -> None:
    index = Config().build(tmp_path, DIMS)
    index.apply(1, entries_of(5), vectors_of(5), [])
    index.close()
    whole = (tmp_path / "1" / "entries.log").read_bytes()
    with (tmp_path / "1" / "entries.log").open("ab") as log:
        log.write(b'["+","x",{},"half a cha')
    with (tmp_path / "1" / "vectors.f32").open("ab") as vectors:
        vectors.write(b"\x00" * 13)
    again = Config().build(tmp_path, DIMS)
    assert len(again.ids()) == 5
    again.apply(2, entries_of(1, prefix="new"), vectors_of(1, seed=1), [])
    assert again.ids() == {entry.id for entry in [*entries_of(5), *entries_of(1, prefix="new")]}
    assert (tmp_path / "1" / "entries.log").read_bytes().startswith(whole)
    np.testing.assert_allclose(again.by_vector(vectors_of(1, seed=1)[0], 1)[0].score, 1, atol=1e-5)
    again.close()


def test_damage_in_the_middle_is_told(tmp_path: Path) -> None:
    index = Config().build(tmp_path, DIMS)
    for generation in range(1, 4):
        index.apply(generation, entries_of(3, prefix=f"{generation}-"), vectors_of(3), [])
    index.close()
    log = tmp_path / "1" / "entries.log"
    log.write_bytes(log.read_bytes().replace(b"item1", b"itex1", 1))
    with pytest.raises(ProviderError, match="damaged in the middle"):
        Config().build(tmp_path, DIMS)


def test_words_that_were_lost_are_made_again(tmp_path: Path) -> None:
    """As after a crash between the two commits: the journal is the truth."""
    index = Config().build(tmp_path, DIMS)
    index.apply(1, entries_of(5), vectors_of(5), [])
    index.close()
    words = tmp_path / "1" / "bm25"
    for path in words.iterdir():
        path.unlink()
    again = Config().build(tmp_path, DIMS)
    assert again.by_words("item3", 1)[0].id == "c00003"
    again.close()


def test_a_commit_of_words_that_was_killed_before_its_end_is_made_again(tmp_path: Path) -> None:
    """Killed between the list of deletions and the state that names it, whose name the next commit would take, too."""
    index = Config().build(tmp_path, DIMS)
    index.apply(1, entries_of(5), vectors_of(5), [])
    state = tmp_path / "1" / "bm25" / "meta.json"
    before = state.read_bytes()
    index.apply(2, [], vectors_of(0), ["c00003"])
    index.close()
    assert list(state.parent.glob("*.del")), "a change of rows is a list of deletions"
    state.write_bytes(before)
    again = Config().build(tmp_path, DIMS)
    assert again.generation == 2
    assert again.by_words("item3", 1) == []
    assert again.by_words("item2", 1)[0].id == "c00002"
    assert again.verify() == []
    again.close()


def test_an_index_of_the_first_format_is_read_and_continued(tmp_path: Path) -> None:
    """Commits had no checksum of their vectors then, and the words stood elsewhere."""
    index = Config().build(tmp_path, DIMS)
    index.apply(1, entries_of(5), vectors_of(5), [])
    index.close()
    log = tmp_path / "1" / "entries.log"
    header, *lines, _ = log.read_bytes().splitlines(keepends=True)
    old = b'["=",1,1,5,%d]\n' % zlib.crc32(b"".join(lines))
    log.write_bytes(header.replace(b'"format":2', b'"format":1') + b"".join(lines) + old)
    shutil.rmtree(tmp_path / "1" / "bm25")
    again = Config().build(tmp_path, DIMS)
    assert again.by_words("item3", 1)[0].id == "c00003"
    again.apply(2, entries_of(1, prefix="new"), vectors_of(1), [])
    assert again.verify() == []
    again.prune()
    assert len(again.ids()) == 6
    again.close()


def test_damaged_vectors_cost_their_entries_alone(tmp_path: Path) -> None:
    index = Config().build(tmp_path, DIMS)
    index.apply(1, entries_of(5), vectors_of(5), [])
    index.retain([1])
    index.apply(2, entries_of(5, prefix="new"), vectors_of(5), ["c00001"])
    with (tmp_path / "1" / "vectors.f32").open("r+b") as file:
        file.seek(7 * DIMS * 4)
        file.write(b"\xff")
    assert [one.place for one in index.repair()] == ["vectors.f32"]
    assert index.ids() == {"c00000", "c00002", "c00003", "c00004"}
    assert len(index.ids(1)) == 5
    assert index.verify() == []
    index.close()


def test_acknowledged_changes_that_the_journal_has_lost_are_told(tmp_path: Path) -> None:
    index = Config().build(tmp_path, DIMS)
    for generation in (1, 2):
        index.apply(generation, entries_of(5, prefix=f"{generation}-"), vectors_of(5), [])
    index.close()
    log = tmp_path / "1" / "entries.log"
    log.write_bytes(log.read_bytes()[:-3])
    with pytest.raises(ProviderError, match="lost its end"):
        Config().build(tmp_path, DIMS)
