"""Ingest: incremental, resumable, and the same whatever the way there was."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from mlwright.kernel import aio
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import Conflict, NotFound
from mlwright.kernel.ids import Ref
from mlwright.kernel.locks import exclusive
from mlwright.rag import Rag
from mlwright.testing.documents import DOCUMENTS, GUIDE, MemoryDocuments, MemoryRuns


def ids_of(rag: Rag) -> set[Ref]:
    return {chunk.ref for document in rag.documents() for chunk in rag.chunks(document.version)}


def test_a_first_ingest_makes_everything_and_a_second_one_nothing(
    pipeline: Callable[..., Rag], documents: MemoryDocuments, runs: MemoryRuns, kernel: Kernel
) -> None:
    rag = pipeline()
    assert rag.index_ref() is None
    report = aio.run(rag.ingest())
    assert (report.documents, report.added, report.changed, report.removed) == (3, 3, 0, 0)
    assert report.chunks == report.embedded == len(ids_of(rag)) > 3
    assert rag.index_ref() == report.ref
    assert runs.made == [report.ref]
    again = aio.run(rag.ingest())
    assert again.ref == report.ref
    assert (again.unchanged, again.added, again.embedded) == (3, 0, 0)
    assert runs.made == [report.ref]
    up = kernel.lineage.up(report.ref)
    assert {(edge.how, edge.parent.kind) for edge in up.edges if edge.child == report.ref} == {
        ("built from", "dataset"),
        ("embedded by", "model"),
        ("built by", "run"),
    }


def test_a_renamed_document_is_found_under_its_new_name_and_nothing_is_embedded(
    pipeline: Callable[..., Rag], documents: MemoryDocuments
) -> None:
    rag = pipeline()
    first = aio.run(rag.ingest())
    documents.files["handbook/boilers.md"] = documents.files.pop("guide.md")
    second = aio.run(rag.ingest())
    assert (second.added, second.removed, second.unchanged, second.embedded) == (1, 1, 2, 0)
    assert second.chunks == first.chunks
    assert aio.run(rag.retrieve("close the burner first", top=1)).hits[0].chunk.key == "handbook/boilers.md"


def test_of_a_changed_document_only_the_changed_chunks_are_embedded(
    pipeline: Callable[..., Rag], documents: MemoryDocuments
) -> None:
    rag = pipeline()
    sections = [f"## Part {number}\n\nThe part {number} is kept in hall {number}.\n" for number in range(60)]
    documents.files["parts.md"] = "\n".join(["# Parts\n", *sections]).encode()
    aio.run(rag.ingest())
    sections[30] = sections[30].replace("is kept", "was lost")
    documents.files["parts.md"] = "\n".join(["# Parts\n", *sections]).encode()
    again = aio.run(rag.ingest())
    assert (again.changed, again.unchanged) == (1, 3)
    assert 1 <= again.embedded <= 2 < len(rag.chunks(next(d for d in rag.documents() if d.key == "parts.md").version))


def test_only_what_changed_is_embedded(
    pipeline: Callable[..., Rag], documents: MemoryDocuments, kernel: Kernel
) -> None:
    rag = pipeline()
    first = aio.run(rag.ingest())
    documents.files["guide.md"] = GUIDE.replace("ninety seconds", "two minutes").encode()
    documents.files["new.txt"] = b"A new document about turbines."
    del documents.files["notes/office.txt"]
    second = aio.run(rag.ingest())
    assert (second.added, second.changed, second.removed, second.unchanged) == (1, 1, 1, 1)
    assert second.embedded == 2
    assert {document.key for document in rag.documents()} == {"guide.md", "pumps.md", "new.txt"}
    hits = aio.run(rag.retrieve("when is the office open on weekdays", top=20)).hits
    assert "notes/office.txt" not in {hit.chunk.key for hit in hits}
    edges = kernel.lineage.up(second.ref, depth=1).edges
    assert (second.ref, first.ref, "follows") in {(edge.child, edge.parent, edge.how) for edge in edges}


def test_the_way_back_leads_to_the_same_index(pipeline: Callable[..., Rag], documents: MemoryDocuments) -> None:
    rag = pipeline()
    first = aio.run(rag.ingest())
    chunks = ids_of(rag)
    documents.files["extra.md"] = b"# Extra\n\nSomething else."
    assert aio.run(rag.ingest()).ref != first.ref
    del documents.files["extra.md"]
    back = aio.run(rag.ingest())
    assert (back.ref, ids_of(rag), back.embedded) == (first.ref, chunks, 0)


def test_what_cannot_be_read_is_kept_apart_and_released_when_it_can(
    pipeline: Callable[..., Rag], documents: MemoryDocuments
) -> None:
    documents.files |= {"empty.md": b"", "junk.md": bytes(range(256)) * 8}
    rag = pipeline()
    report = aio.run(rag.ingest())
    assert set(documents.quarantined) == {"empty.md", "junk.md"}
    assert (report.documents, report.quarantined) == (3, 2)
    assert rag.report().skipped == 2
    assert aio.run(rag.ingest()).ref == report.ref
    documents.files["empty.md"] = b"Now it says something."
    del documents.files["junk.md"]
    assert aio.run(rag.ingest()).quarantined == 0


def test_a_changed_chunker_builds_beside_the_old_index(pipeline: Callable[..., Rag]) -> None:
    old, new = pipeline(), pipeline(chunk={"by": "structure", "tokens": 20})
    before = aio.run(old.ingest())
    assert new.index_ref() is None
    after = aio.run(new.ingest())
    assert after.ref != before.ref
    assert after.chunks > before.chunks
    assert old.index_ref() == before.ref


def test_two_at_once_are_refused(pipeline: Callable[..., Rag], kernel: Kernel) -> None:
    rag = pipeline()
    aio.run(rag.ingest())
    (home,) = (kernel.home / "indexes").iterdir()
    with exclusive(home / "ingest.lock", "ingesting support"), pytest.raises(Conflict, match="this process"):
        aio.run(rag.ingest())


def test_without_a_dataset_there_is_nothing_to_do(pipeline: Callable[..., Rag], documents: MemoryDocuments) -> None:
    documents.files.clear()
    with pytest.raises(NotFound):
        aio.run(pipeline().ingest())


def test_an_index_folder_that_was_removed_is_made_again_without_embedding(
    pipeline: Callable[..., Rag], kernel: Kernel
) -> None:
    rag = pipeline()
    first = aio.run(rag.ingest())
    rag.close()
    shutil.rmtree(kernel.home / "indexes")
    again = aio.run(rag.ingest())
    assert (again.ref, again.embedded) == (first.ref, 0)
    assert aio.run(rag.retrieve("rattling pump")).hits


def test_stale_documents_are_counted(pipeline: Callable[..., Rag], documents: MemoryDocuments) -> None:
    rag = pipeline()
    aio.run(rag.ingest())
    assert rag.report().stale == 0
    documents.files["more.txt"] = b"More."
    documents.files["guide.md"] += b"\nEnd.\n"
    del documents.files["pumps.md"]
    assert rag.report().stale == 3


_CHILD = """
import sys
from pathlib import Path
from mlwright.kernel import aio
from mlwright.kernel.open import open_kernel
from mlwright.models.embed.hashing import Config as Hashing
from mlwright.rag import PipelineSpec, build_rag
from mlwright.testing.documents import MemoryDocuments, MemoryRuns
files = {f"{n:03}.md": f"# Document {n}" + "".join(f"\\n\\n## Part {p}\\n\\nAbout {n} {p}." for p in range(3)) for n in range(60)}
kernel = open_kernel(Path(sys.argv[1]))
spec = PipelineSpec.model_validate({"documents": "docs"})
rag = build_rag(
    "support", spec, kernel, embedder=Hashing().build(), chat={}, prices={}, source=MemoryDocuments(files), record=MemoryRuns()
)
print("ready", flush=True)
report = aio.run(rag.ingest())
hits = aio.run(rag.retrieve("document 42 part 2", top=50)).hits
print(report.ref, report.documents, report.chunks, [(str(hit.chunk.ref), round(hit.score, 3)) for hit in hits])
rag.close()
kernel.store.close()
"""


def run_child(home: Path, seconds: float | None) -> str:
    """What it printed, nothing where it was killed after `seconds` of ingest."""
    with subprocess.Popen([sys.executable, "-c", _CHILD, str(home)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        try:
            return child.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            child.kill()
            return ""


def test_killed_at_any_moment_it_ends_in_the_same_index(tmp_path: Path) -> None:
    random = Random(7)
    whole = run_child(tmp_path / "whole", None)
    assert whole.startswith("index:")
    for _ in range(4):
        run_child(tmp_path / "killed", random.uniform(0.05, 0.9))
    assert run_child(tmp_path / "killed", None) == whole


def test_documents_are_described(pipeline: Callable[..., Rag]) -> None:
    rag = pipeline()
    report = aio.run(rag.ingest())
    guide = next(document for document in rag.documents() if document.key == "guide.md")
    assert guide.chunks == len(rag.chunks(guide.version))
    assert rag.text(guide.version).text == GUIDE
    chunk = rag.chunks(guide.version)[0]
    assert rag.chunk(chunk.ref) == chunk
    assert rag.text(guide.version).text[chunk.span.start : chunk.span.end] == chunk.text
    for ref, label in (
        (guide.version, "guide.md"),
        (guide.document, "guide.md"),
        (chunk.ref, f"guide.md, lines {chunk.span.line_start}-{chunk.span.line_end}"),
        (report.ref, f"index of support, {report.chunks} chunks"),
    ):
        described = rag.describe(ref)
        assert described is not None
        assert described.label == label
    assert rag.describe(Ref("run", "r1")) is None
    assert rag.document(guide.document) == rag.document(guide.version) == guide
    with pytest.raises(NotFound):
        rag.chunk(Ref("chunk", "none"))
    assert set(DOCUMENTS) == {document.key for document in rag.documents()}
