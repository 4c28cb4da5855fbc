"""Haystack: its converters, DocumentSplitter, embedder of sentence-transformers, InMemoryDocumentStore and joiner."""

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import _task
from haystack import Document
from haystack.components.converters import HTMLToDocument, MarkdownToDocument, PyPDFToDocument
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentSplitter
from haystack.document_stores.in_memory import InMemoryDocumentStore

VERSION = version("haystack-ai")


def ingest(task: dict[str, Any]) -> dict[str, Any]:
    from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersDocumentEmbedder

    embedder = SentenceTransformersDocumentEmbedder(model=task["model"], progress_bar=False, batch_size=32)
    embedder.warm_up()
    return indexed(task, lambda chunks: embedder.run(documents=chunks)["documents"])


def rest(task: dict[str, Any]) -> dict[str, Any]:
    return indexed(task, lambda chunks: [replace(chunk, embedding=[384**-0.5] * 384) for chunk in chunks])


def indexed(task: dict[str, Any], embed: Callable[[list[Document]], list[Document]]) -> dict[str, Any]:
    splitter = DocumentSplitter(split_by="word", split_length=task["words"], split_overlap=task["words"] * 15 // 100)
    splitter.warm_up()
    clock = _task.Clock()
    with clock.measure("total"):
        paths = _task.files(Path(task["folder"]))
        converters = {
            ".md": MarkdownToDocument(progress_bar=False),
            ".html": HTMLToDocument(),
            ".pdf": PyPDFToDocument(),
        }
        documents = [
            document
            for suffix, converter in converters.items()
            for document in converter.run(sources=[path for path in paths if path.suffix == suffix])["documents"]
        ]
        chunks = splitter.run(documents=documents)["documents"]
        with clock.measure("embed"):
            chunks = embed(chunks)
        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        store.write_documents(chunks)
        store.save_to_disk(str(Path(task["work"]) / "store.json"))
    return {"version": VERSION, "chunks": len(chunks), "wall": clock.wall, "cpu": clock.cpu}


def search(task: dict[str, Any]) -> dict[str, Any]:
    corpus, clock = _task.Corpus(task), _task.Clock()
    with clock.measure("build"):
        store = InMemoryDocumentStore(embedding_similarity_function="dot_product")
        rows = zip(corpus.ids, corpus.texts, corpus.vectors.tolist(), corpus.percent, corpus.permille, strict=True)
        store.write_documents(
            [
                Document(id=id_, content=text, embedding=vector, meta={"percent": percent, "permille": permille})
                for id_, text, vector, percent, permille in rows
            ]
        )
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=10)

    def filters(where: tuple[str, str] | None) -> dict[str, Any] | None:
        return {"field": f"meta.{where[0]}", "operator": "==", "value": where[1]} if where else None

    def dense(number: int, where: tuple[str, str] | None) -> list[Document]:
        return store.embedding_retrieval(corpus.queries[number].tolist(), filters=filters(where), top_k=50)

    def by_vector(number: int, where: tuple[str, str] | None) -> list[str]:
        return [hit.id for hit in dense(number, where)]

    def hybrid(number: int, where: tuple[str, str] | None) -> list[str]:
        words = store.bm25_retrieval(corpus.questions[number], filters=filters(where), top_k=50)
        return [hit.id for hit in joiner.run(documents=[dense(number, where), words])["documents"]]

    return {"version": VERSION, "build": clock.wall["build"], **_task.search(corpus, by_vector, hybrid)}


_task.run(ingest=ingest, rest=rest, search=search)
