"""Parents: a small chunk is found, the wider stretch around it is shown, and citations stay exact."""

from collections.abc import Callable

import pytest

from mlwright.kernel import aio
from mlwright.kernel.ids import Ref
from mlwright.models import Embedder
from mlwright.models.embed.hashing import Config as Hashing
from mlwright.rag import Chunk, Hit, Rag, Span
from mlwright.rag.context import assemble
from mlwright.testing.chat import ScriptedChat
from mlwright.testing.documents import MemoryDocuments, finished

TEXT = (
    "The pump stands in the cellar. It was built in the year 1950. A red lever opens its valve. "
    "Nobody has oiled it for years. The valve leaks at night. A bucket stands below it."
)
QUESTION = "What does the red lever open?"


def hit(start: int, end: int, parent: tuple[int, int] | None, score: float = 1.0) -> Hit:
    chunk = Chunk(
        Ref("chunk", f"c{start}"), Ref("version", "v"), Ref("document", "d"), "a.txt", "", (), Span(start, end, 1, 1),
        TEXT[start:end], 8, {}, parent,
    )  # fmt: skip
    return Hit(chunk, score)


def sentence(number: int) -> tuple[int, int]:
    ends = [place + 1 for place, letter in enumerate(TEXT) if letter == "."]
    return (ends[number - 1] + 1 if number else 0), ends[number]


def read(chunk: Chunk) -> str:
    return TEXT


def words(text: str) -> int:
    return len(text.split())


def test_the_parent_is_shown_and_its_sentences_are_whole() -> None:
    start, end = sentence(2)
    (shown,) = assemble([hit(start, end, (start - 10, end + 10))], 100, words, read=read)
    assert shown.text == TEXT[sentence(1)[0] : sentence(3)[1]]
    assert shown.span(start, end, ()) == Span(start, end, 1, 1)


def test_parents_that_touch_are_shown_once() -> None:
    windows = [hit(*sentence(n), (sentence(n - 1)[0], sentence(n + 1)[1]), 1.0 - n / 10) for n in (1, 3)]
    (shown,) = assemble(windows, 100, words, read=read)
    assert shown.text == TEXT[: sentence(4)[1]]
    assert [chunk.ref.id for chunk in shown.chunks] == [f"c{sentence(1)[0]}", f"c{sentence(3)[0]}"]
    assert shown.holder(*sentence(3)) == windows[1].chunk


def test_where_the_parent_does_not_fit_the_chunk_is_shown() -> None:
    start, end = sentence(2)
    (shown,) = assemble([hit(start, end, (0, len(TEXT)))], 10, words, read=read)
    assert shown.text == TEXT[start:end]


@pytest.mark.parametrize("chunk", [{"by": "sentence", "window": 1}, {"by": "parent", "tokens": 8, "parent": 30}])
def test_a_pipeline_shows_parents_and_cites_exact_words(
    chunk: dict[str, object], pipeline: Callable[..., Rag], documents: MemoryDocuments
) -> None:
    documents.files = {"cellar.txt": TEXT.encode()}
    chat = ScriptedChat("The valve [1], which was built in the year 1950 [1].")
    rag = pipeline(chunk=chunk, chat={"writer": chat}, retrieve={"keep": 1, "min_score": -1})
    aio.run(rag.ingest())
    _, answer = aio.run(finished(rag.answer(QUESTION)))
    (found,) = answer.hits
    assert "red lever" in found.chunk.text
    assert found.chunk.parent is not None
    assert "It was built in the year 1950." not in found.chunk.text
    assert "It was built in the year 1950." in chat.requests[-1].messages[-1].content
    assert [one.quote for one in answer.citations][-1] == "It was built in the year 1950."
    assert all(rag.resolves(one) for one in answer.citations)


def test_a_semantic_chunker_gets_the_pipeline_s_own_embedder_and_is_counted(
    pipeline: Callable[..., Rag], documents: MemoryDocuments
) -> None:
    embedder: Embedder = Hashing().build()
    documents.files = {"cellar.txt": TEXT.encode()}
    rag = pipeline(chunk={"by": "semantic", "tokens": 30})
    report = aio.run(rag.ingest())
    assert report.chunks > 1
    assert report.embedded == report.chunks + TEXT.count(".")
    assert all(
        chunk.tokens <= 30 + len(embedder.token_ends("cellar"))
        for document in rag.documents()
        for chunk in rag.chunks(document.version)
    )
    assert aio.run(rag.ingest()).embedded == 0
