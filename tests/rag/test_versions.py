"""Versions of an index: they can be listed, compared, tagged, searched and pruned, and damage is found and mended."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import Conflict, NotFound, UserError
from mlwright.kernel.open import open_kernel
from mlwright.rag import Answer, Rag, forget_shelves
from mlwright.testing.documents import GUIDE, MemoryDocuments, MemoryRuns

Open = Callable[..., Rag]
EVERYTHING = {"fuse": "convex", "min_score": -1, "keep": 20}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 1, 12, tzinfo=UTC))


@pytest.fixture
def kernel(tmp_path: Path, clock: ManualClock) -> Kernel:
    return open_kernel(tmp_path / "home", clock=clock)


@pytest.fixture
def grown(pipeline: Open, documents: MemoryDocuments, clock: ManualClock) -> Rag:
    """Three versions, a day apart: as it is given, with a note and another guide, and without the note."""
    rag = pipeline(retrieve=EVERYTHING, index={"keep": 2})
    asyncio.run(rag.ingest())
    clock.advance(timedelta(days=1))
    documents.files |= {"note.txt": b"The zeppelin lands on the roof at noon.", "guide.md": GUIDE[:120].encode()}
    asyncio.run(rag.ingest())
    clock.advance(timedelta(days=1))
    del documents.files["note.txt"]
    asyncio.run(rag.ingest())
    return rag


def keys(rag: Rag, question: str, at: str = "") -> list[str]:
    return [hit.chunk.key for hit in asyncio.run(rag.retrieve(question, at=at)).hits]


def test_versions_are_listed_newest_first_and_old_ones_are_let_go(grown: Rag) -> None:
    found = grown.index_versions.all()
    assert [one.number for one in found] == [3, 2, 1]
    assert [one.readable for one in found] == [True, True, False]
    assert [one.current for one in found] == [True, False, False]
    assert found[0].ref == grown.index_ref()
    assert [one.documents for one in found] == [3, 4, 3]
    assert all(one.run for one in found)


def test_the_past_can_be_searched_by_number_time_tag_and_reference(grown: Rag, clock: ManualClock) -> None:
    second = grown.index_versions.find("2")
    assert "note.txt" not in keys(grown, "where does the zeppelin land")
    grown.index_versions.tag("#2", "with-note")
    for name in ("2", "#2", "2026-11-02", "2026-11-02T12:00:00Z", "2026-11-02 23:00", "with-note", str(second.ref)):
        assert keys(grown, "where does the zeppelin land", at=name)[0] == "note.txt", name
    assert asyncio.run(grown.retrieve("zeppelin", at="2")).index == second.ref
    assert "note.txt" not in keys(grown, "where does the zeppelin land"), "nothing of the past is remembered"
    for name, error in (("1", NotFound), ("99", NotFound), ("2026-10-01", NotFound), ("nowhere", NotFound)):
        with pytest.raises(error):
            keys(grown, "zeppelin", at=name)


def test_a_difference_names_documents_and_counts_chunks(grown: Rag) -> None:
    versions = grown.index_versions
    first = versions.diff("1", "2")
    assert (first.added, first.changed, first.removed) == (("note.txt",), ("guide.md",), ())
    assert first.chunks_added > 0
    assert first.chunks_removed > 0
    assert versions.contents("1").keys() == versions.contents("2").keys() - {"note.txt"}
    assert (
        versions.contents("1")["guide.md"] != versions.contents("2")["guide.md"] == versions.contents("3")["guide.md"]
    )
    second = versions.diff("2", "current")
    assert (second.added, second.changed, second.removed) == ((), (), ("note.txt",))
    assert (second.chunks_added, second.chunks_removed) == (0, 1)
    same = versions.diff("3", "3")
    assert not (same.added or same.changed or same.removed or same.chunks_added or same.chunks_removed)


def test_a_tagged_version_outlives_ingests_and_pruning(
    grown: Rag, documents: MemoryDocuments, clock: ManualClock
) -> None:
    tagged = grown.index_versions.tag("2", "released")
    assert tagged.tags == ("released",)
    for number in range(4):
        documents.files["note.txt"] = f"Number {number} of the lamps is green.".encode()
        clock.advance(timedelta(days=1))
        asyncio.run(grown.ingest())
    grown.prune()
    assert [one.number for one in grown.index_versions.all() if one.readable] == [7, 6, 2]
    assert keys(grown, "where does the zeppelin land", at="released")[0] == "note.txt"
    with pytest.raises(Conflict, match="#2"):
        grown.index_versions.tag("7", "released")
    for wrong in ("", "7", "with space", "x" * 65):
        with pytest.raises(UserError):
            grown.index_versions.tag("7", wrong)
    with pytest.raises(NotFound):
        grown.index_versions.tag("1", "too-late")
    assert grown.index_versions.untag("released").tags == ()
    with pytest.raises(NotFound):
        keys(grown, "zeppelin", at="2")
    with pytest.raises(NotFound):
        grown.index_versions.untag("released")


def test_pruning_forgets_what_nobody_needs_and_keeps_what_answers_showed(
    grown: Rag, documents: MemoryDocuments, kernel: Kernel
) -> None:
    async def answer() -> Answer:
        last = None
        async for item in grown.answer("What does the guide say about the main valve?"):
            last = item
        assert isinstance(last, Answer)
        return last

    shown = asyncio.run(answer())
    kernel.store.flush()
    documents.files = {"new.txt": b"Everything else is gone, and only the kettle is left."}
    for text in (b"The kettle whistles.", b"The kettle is cold.", b"The kettle is blue."):
        documents.files["new.txt"] = text
        asyncio.run(grown.ingest())
    before = {row["chunk"] for row in kernel.store.rows("select chunk from rag_chunk")}
    done = grown.prune()
    after = {row["chunk"] for row in kernel.store.rows("select chunk from rag_chunk")}
    assert done.chunks == len(before) - len(after) > 0
    assert done.vectors > 0
    assert {hit.chunk.ref.id for hit in shown.hits} <= after
    assert all(grown.resolves(citation) for citation in shown.citations)
    assert grown.verify() == []
    assert grown.prune().chunks == 0
    assert len(kernel.store.rows("select text_sha256 from rag_embedding")) >= 1
    assert keys(grown, "kettle") == ["new.txt"]


def test_what_is_whole_has_no_damage(grown: Rag, pipeline: Open) -> None:
    assert grown.verify() == []
    assert pipeline(chunk={"by": "fixed", "tokens": 50}).verify() == [], "nothing was indexed yet"


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("delete from rag_chunk where version in (select max(version) from rag_document)", "index"),
        ("delete from rag_chunk where version not in (select version from rag_document)", "rows"),
        ("delete from rag_embedding", "rows"),
        ("delete from rag_cut where version = (select min(version) from rag_document)", "rows"),
        ("delete from rag_document where document = (select min(document) from rag_document)", "rows"),
        ("delete from kernel_edge where how = 'cut from'", "lineage"),
        ("delete from kernel_edge where how = 'built from'", "lineage"),
    ],
)
def test_damage_is_found_and_mended(grown: Rag, kernel: Kernel, statement: str, place: str) -> None:
    before = keys(grown, "how is the burner closed")
    kernel.store.write(statement)
    found = grown.verify()
    assert place in {one.place for one in found}
    assert asyncio.run(grown.repair()) == found
    assert grown.verify() == []
    assert keys(grown, "how is the burner closed") == before


def test_a_lost_text_is_found_and_read_again(grown: Rag, kernel: Kernel) -> None:
    for path in [path for path in (kernel.home / "blobs").rglob("*") if path.is_file()]:
        path.unlink()
    assert [one.place for one in grown.verify()] == ["texts"]
    asyncio.run(grown.repair())
    assert grown.verify() == []


def test_files_that_say_nothing_any_more_are_made_again(grown: Rag, kernel: Kernel) -> None:
    before = keys(grown, "how is the burner closed")
    grown.close()
    (log,) = (kernel.home / "indexes").rglob("entries.log")
    log.write_bytes(b"nonsense")
    assert [one.place for one in grown.verify()] == ["index"]
    asyncio.run(grown.repair())
    assert grown.verify() == []
    assert keys(grown, "how is the burner closed") == before
    grown.close()
    shutil.rmtree(log.parent.parent)
    assert [one.place for one in grown.verify()] == ["index"]
    asyncio.run(grown.repair())
    assert grown.verify() == []
    assert keys(grown, "how is the burner closed") == before


def test_documents_that_were_read_in_a_way_of_their_own_are_whole(pipeline: Open) -> None:
    rag = pipeline(parse={"ocr": "never"}, index={"keep": 2})
    asyncio.run(rag.ingest())
    assert rag.verify() == []


def test_versions_of_some_days_are_kept(pipeline: Open, documents: MemoryDocuments, clock: ManualClock) -> None:
    rag = pipeline(index={"keep": 1, "keep_days": 2})
    for number in range(4):
        documents.files["note.txt"] = f"Number {number} of the lamps is green.".encode()
        asyncio.run(rag.ingest())
        clock.advance(timedelta(hours=1))
    assert [one.readable for one in rag.index_versions.all()] == [True] * 4
    assert all(one.bytes > 0 for one in rag.index_versions.all())
    clock.advance(timedelta(days=3))
    rag.prune()
    assert [one.readable for one in rag.index_versions.all()] == [True, False, False, False]


def test_the_past_can_be_asked(grown: Rag) -> None:
    async def answer(at: str) -> Answer:
        last = None
        async for item in grown.answer("Where does the zeppelin land?", at=at):
            last = item
        assert isinstance(last, Answer)
        return last

    then = asyncio.run(answer("2"))
    assert then.index == grown.index_versions.find("2").ref
    assert {one.key for one in then.citations} == {"note.txt"}
    assert "note.txt" not in {hit.chunk.key for hit in asyncio.run(answer("")).hits}
    with pytest.raises(NotFound):
        asyncio.run(answer("1"))


def test_a_store_of_mostly_dead_chunks_is_told(grown: Rag, kernel: Kernel) -> None:
    assert not grown.index_versions.wasteful()
    (row,) = kernel.store.rows("select * from rag_chunk order by chunk limit 1")
    with kernel.store.transaction() as t:
        t.write("insert into rag_cut (cutting, version, chunks) values (?, 'gone', 300)", (row["cutting"],))
        t.write_many(
            "insert into rag_chunk select ? || chunk, cutting, 'gone', format, place, char_start, char_end, line_start,"
            " line_end, page, headings, body, tokens, embedded_sha256, parent_start, parent_end, context, context_key"
            " from rag_chunk where chunk = ?",
            [(f"{number:03}", row["chunk"]) for number in range(300)],
        )
    assert grown.index_versions.wasteful()
    assert grown.prune().chunks >= 300
    assert not grown.index_versions.wasteful()


def test_indexes_that_nobody_uses_go_unless_a_version_is_tagged(
    pipeline: Open, kernel: Kernel, runs: MemoryRuns
) -> None:
    used, tagged, unused = (pipeline(chunk={"by": "fixed", "tokens": tokens}) for tokens in (60, 90, 120))
    for rag in (used, tagged, unused):
        asyncio.run(rag.ingest())
    tagged.index_versions.tag("1", "before")
    for rag in (tagged, unused):
        rag.close()
    assert forget_shelves(kernel, {used.shelf_name}) == 1
    left = {one.name for one in (kernel.home / "indexes").iterdir()}
    assert left == {used.shelf_name, tagged.shelf_name}
    assert used.verify() == []


def test_a_change_that_was_planned_and_never_made_is_no_version(grown: Rag, kernel: Kernel) -> None:
    kernel.store.write(
        "insert into rag_index select shelf, generation + 1, index_id, pipeline, dataset, documents, chunks, skipped,"
        " settings, run, built_at, bytes, bare from rag_index where generation = 3"
    )
    assert [one.number for one in grown.index_versions.all()] == [3, 2, 1]
