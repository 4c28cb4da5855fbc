"""Tables: what is written comes back, on both engines."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import MissingExtra
from mlwright.kernel.ids import Ref
from mlwright.kernel.open import open_kernel
from mlwright.rag import Answer, Block, Citation, Hit, Parsed, Span, tables
from mlwright.rag.derived import Derived, forget_derived
from mlwright.rag.rows import IndexVersion, NewChunk, StoredVersion
from mlwright.testing.postgresql import private_postgresql, private_schema

VERSION = Ref("version", "v1")
PARSED = Parsed(
    text="",
    blocks=(Block("heading", 0, 5, 1), Block("paragraph", 6, 20)),
    title="Ünïcode's title",
    pages=(0, 12),
    meta={"lang": "de"},
    media_type="application/pdf",
    notes=("page 3 has no text",),
)
CHUNKS = [
    NewChunk("c1", 0, Span(0, 9, 1, 2, 1), ("A", "B"), "some text", 3, "sha1"),
    NewChunk("c2", 1, Span(9, 20, 2, 4, 2), (), "more text, 'quoted'", 4, "sha2", (0, 20)),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    try:
        with private_postgresql() as url:
            yield url
    except MissingExtra as missing:
        pytest.skip(str(missing))


@pytest.fixture(params=["sqlite", "postgresql"])
def kernel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kernel]:
    if request.param == "sqlite":
        kernel = open_kernel(tmp_path / "home")
        yield kernel
        kernel.store.close()
        return
    with private_schema(request.getfixturevalue("server")) as url:
        kernel = open_kernel(tmp_path / "home", store=url)
        yield kernel
        kernel.store.close()


def _write(kernel: Kernel) -> None:
    kernel.store.migrate("mlwright.rag")
    stored = StoredVersion(VERSION, "1", Ref("document", "d/a.pdf"), "a.pdf", "sha", 20, PARSED, "2026-01-01")
    for _ in range(2):
        tables.add_version(kernel.store, stored, "cut", CHUNKS)


def test_a_version_comes_back_with_its_chunks(kernel: Kernel) -> None:
    _write(kernel)
    stored = tables.version(kernel.store, VERSION)
    assert stored is not None
    assert stored.parsed == PARSED
    assert stored.key == "a.pdf"
    assert tables.version(kernel.store, VERSION, "2") is None
    first, second = tables.chunks_of(kernel.store, VERSION, "cut")
    assert (first.text, first.span, first.headings, first.meta) == (
        "some text",
        CHUNKS[0].span,
        ("A", "B"),
        PARSED.meta,
    )
    assert tables.chunks(kernel.store, ["c2", "absent"]) == {"c2": second}
    assert tables.chunk_ids(kernel.store, "cut") == [("c1", "v1"), ("c2", "v1")]
    assert tables.cut_versions(kernel.store, "cut") == {"v1": 2}
    assert [one.version for one in tables.versions_of(kernel.store, Ref("document", "d/a.pdf"))] == [VERSION]


def test_vectors_are_kept_by_model_and_text(kernel: Kernel) -> None:
    _write(kernel)
    one, other = Ref("model", "one"), Ref("model", "other")
    tables.add_vectors(kernel.store, one, [("sha1", b"\x00\xff")])
    tables.add_vectors(kernel.store, one, [("sha1", b"ignored")])
    assert tables.known_vectors(kernel.store, one, ["sha1", "sha2"]) == {"sha1"}
    assert tables.known_vectors(kernel.store, other, ["sha1"]) == set()
    assert tables.vectors(kernel.store, one, ["c1", "c2"]) == {"c1": b"\x00\xff"}
    assert tables.without_vector(kernel.store, one, "cut") == ["c2"]


def test_documents_of_a_shelf_follow_what_they_are_set_to(kernel: Kernel) -> None:
    _write(kernel)
    tables.set_documents(kernel.store, "shelf", {"d/a.pdf": "v1", "d/b": "v2"}, "2026-01-01T00:00:00.000000Z")
    tables.set_documents(kernel.store, "shelf", {"d/a.pdf": "v1"}, "2026-02-02T00:00:00.000000Z")
    assert tables.documents(kernel.store, "shelf") == {"d/a.pdf": "v1"}
    (info,) = tables.document_infos(kernel.store, "shelf", "1", "cut")
    assert (info.chunks, info.pages, info.indexed_at.month, info.notes) == (2, 2, 1, PARSED.notes)
    assert tables.document_infos(kernel.store, "shelf", "1", "cut", "v1") == [info]
    assert tables.document_infos(kernel.store, "shelf", "1", "cut", "v2") == []


def test_a_version_is_unreadable_until_it_is_written(kernel: Kernel) -> None:
    kernel.store.migrate("mlwright.rag")
    tables.add_unreadable(kernel.store, "cut", VERSION, "timeout")
    tables.add_unreadable(kernel.store, "cut", VERSION, "encrypted")
    assert tables.unreadable(kernel.store, "cut") == {"v1": "encrypted"}
    _write(kernel)
    assert tables.unreadable(kernel.store, "cut") == {}


def test_an_index_version_is_found_by_generation_and_by_name(kernel: Kernel) -> None:
    kernel.store.migrate("mlwright.rag")
    ref, dataset = Ref("index", "i1"), Ref("dataset", "d1")
    index = IndexVersion("shelf", 3, ref, "p", dataset, 2, 9, ("v9",), {"keyword": "bm25"}, "", "2026-01-01")
    tables.put_index(kernel.store, index)
    assert tables.index_at(kernel.store, "shelf", 3) == tables.index_of(kernel.store, ref) == index
    assert tables.index_at(kernel.store, "shelf", 2) is None
    assert tables.last_generation(kernel.store, "shelf") == 3
    assert tables.last_generation(kernel.store, "other") == 0


def test_an_answer_comes_back_whole(kernel: Kernel) -> None:
    _write(kernel)
    chunk = tables.chunks(kernel.store, ["c1"])["c1"]
    citation = Citation(1, chunk.ref, VERSION, chunk.document, "a.pdf", PARSED.title, Span(0, 4, 1, 1, 1), "some")
    answer = Answer(
        ref=Ref("answer", "a1"), pipeline="p", question="Why?", text="some [1]", citations=(citation,),
        hits=(Hit(chunk, 0.5, 0.25, None),), abstained=False, index=Ref("index", "i"), prompt=Ref("prompt", "x"),
        model=Ref("model", "m"), release=None, input_tokens=10, output_tokens=3, cost=None, seconds={"total": 0.5},
        at=datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip
    tables.add_answer(kernel.store, answer)
    kernel.store.flush()
    assert tables.answer_of(kernel.store, answer.ref) == answer
    assert tables.answers(kernel.store, 10) == [answer]
    assert tables.answer_of(kernel.store, Ref("answer", "absent")) is None


def test_prompts_are_kept(kernel: Kernel) -> None:
    kernel.store.migrate("mlwright.rag")
    tables.add_prompt(kernel.store, Ref("prompt", "p"), "text", "2026-01-01")
    assert tables.prompt_text(kernel.store, Ref("prompt", "p")) == "text"
    assert tables.prompt_text(kernel.store, Ref("prompt", "q")) is None


def test_what_was_worked_out_goes_with_what_it_belongs_to(kernel: Kernel) -> None:
    _write(kernel)
    gone, index = Ref("version", "v2"), Ref("index", "i1")
    tables.set_documents(kernel.store, "shelf", {"d/a.pdf": "v1", "d/b.pdf": "v2"}, "2026-01-01")
    derived, other = (Derived(kernel, name, "shelf", lambda: index) for name in ("support", "other"))
    assert [derived.get(of, "page 1", lambda: b"one") for of in (VERSION, gone)] == [b"one", b"one"]
    assert [one.get(index, "map", lambda: b"m") for one in (derived, other)] == [b"m", b"m"]
    assert derived.get(gone, "page 1", lambda: b"never") == b"one"
    assert derived.tidy() == 0
    tables.set_documents(kernel.store, "shelf", {"d/a.pdf": "v1"}, "2026-01-02")
    assert derived.tidy() == 1
    assert (derived.kept(gone, "page 1"), derived.kept(VERSION, "page 1")) == (None, b"one")
    assert derived.get(gone, "page 1", lambda: b"again") == b"again", "it is made, and not kept"
    assert derived.kept(gone, "page 1") is None
    assert Derived(kernel, "support", "shelf", lambda: Ref("index", "i2")).tidy() == 1
    assert (derived.kept(index, "map"), other.kept(index, "map")) == (None, b"m")
    assert len(list(kernel.blobs.ids())) == 2
    assert forget_derived(kernel, ["support"]) == 1
    assert (other.kept(index, "map"), derived.kept(VERSION, "page 1")) == (None, b"one")
    assert [kernel.blobs.get(one)[-3:] for one in kernel.blobs.ids()] == [b"one"]


def test_what_was_worked_out_first_makes_room(kernel: Kernel) -> None:
    _write(kernel)
    tables.set_documents(kernel.store, "shelf", {"d/a.pdf": "v1"}, "2026-01-01")
    derived = Derived(kernel, "support", "shelf", lambda: None, most=25)
    pages = [f"page {number}" for number in range(4)]
    for page in pages:
        derived.get(VERSION, page, lambda: b"0123456789")
    assert [derived.kept(VERSION, page) is not None for page in pages] == [False, False, True, True]
    assert len(list(kernel.blobs.ids())) == 2
    assert derived.get(VERSION, "large", lambda: b"x" * 30) == b"x" * 30
    assert list(kernel.blobs.ids()) == [], "more than all room is not kept"
