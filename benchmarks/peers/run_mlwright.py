"""mlwright: an ingest of the folder as a user runs it; and the embedded index with the product's own fusion.

It reads and embeds side by side, so what embedding alone takes is measured afterwards, on the same texts."""

import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import _task
import numpy as np

import mlwright
from mlwright.kernel import aio
from mlwright.models.embed._minilm import DIMS, MiniLM
from mlwright.models.embed.local import Config as Local
from mlwright.rag import Filter, as_filter
from mlwright.rag.chunkers import embedded_of
from mlwright.rag.fuse import fuse
from mlwright.rag.indexes import Entry
from mlwright.rag.indexes.embedded import Config

VERSION = version("mlwright")
WARM = 4
"""Files of each kind that are read before the clock starts, so that each worker has loaded its libraries."""
BLUEPRINT = """version: 1
system: {{name: bench}}
models: {{embed: {{embedder: local/minilm}}, chat: {{writer: extractive}}}}
data: {{sources: {{docs: {{use: files, path: "{folder}/**/*"}}}}}}
rag: {{docs: {{documents: docs, chunk: {{use: structure, tokens: {tokens}, overlap: 15%}}, parse: {{ocr: never}}}}}}
serving: {{endpoints: {{answer: {{handler: rag.docs}}}}}}
"""


def ingest(task: dict[str, Any]) -> dict[str, Any]:
    """Model and parsers are warm when the clock starts, as the imports and models of the peers are."""
    clock, docs = _task.Clock(), Path(task["work"]) / "docs"
    path = docs.with_name("mlwright.yaml")
    path.write_text(BLUEPRINT.format(folder=docs, tokens=task["tokens"]), encoding="utf-8")
    given = _task.files(Path(task["folder"]))
    docs.mkdir()
    for suffix in {one.suffix for one in given}:
        for number in range(WARM):
            shutil.copy(min((one for one in given if one.suffix == suffix), key=size), docs / f"warm{number}{suffix}")
    with mlwright.open(path) as app:
        app.ingest()
        shutil.rmtree(docs)
        shutil.copytree(task["folder"], docs)
        with clock.measure("total"):
            _, (report,) = app.ingest()
        rag = app.pipeline()
        cut = [chunk for document in rag.documents() for chunk in rag.chunks(document.version)]
    embedder = Local().build()
    aio.run(embedder.embed(["Warm."]))
    with clock.measure("embed"):
        aio.run(embedder.embed(list(dict.fromkeys(map(embedded_of, cut)))))
    return {"version": VERSION, "chunks": report.chunks, "wall": clock.wall, "cpu": clock.cpu}


def size(path: Path) -> int:
    return path.stat().st_size


def rest(task: dict[str, Any]) -> dict[str, Any]:
    """The same with vectors of one number for the model; its tokenizer still says where texts are cut."""

    def no_model(_: MiniLM, texts: list[str]) -> np.ndarray:
        return np.full((len(texts), DIMS), DIMS**-0.5, np.float32)

    MiniLM._embed = no_model  # type: ignore[method-assign]
    return ingest(task)


def search(task: dict[str, Any]) -> dict[str, Any]:
    corpus, clock = _task.Corpus(task), _task.Clock()
    index = Config().build(Path(task["work"]) / "index", corpus.vectors.shape[1])
    with clock.measure("build"):
        rows = zip(corpus.ids, corpus.texts, corpus.percent, corpus.permille, strict=True)
        entries = [
            Entry(id_, text, {"percent": percent, "permille": permille}) for id_, text, percent, permille in rows
        ]
        index.apply(1, entries, corpus.vectors, [])

    def filters(where: tuple[str, str] | None) -> Filter | None:
        return as_filter({where[0]: where[1]} if where else None)

    def by_vector(number: int, where: tuple[str, str] | None) -> list[str]:
        return [hit.id for hit in index.by_vector(corpus.queries[number], 50, filters(where))]

    def hybrid(number: int, where: tuple[str, str] | None) -> list[str]:
        dense = index.by_vector(corpus.queries[number], 50, filters(where))
        words = index.by_words(corpus.questions[number], 50, filters(where))
        return [hit.id for hit in fuse("convex", dense, words, 0.5)][:10]

    return {"version": VERSION, "build": clock.wall["build"], **_task.search(corpus, by_vector, hybrid)}


def again(task: dict[str, Any]) -> dict[str, Any]:
    index = Config().build(Path(task["work"]) / "index", 384)

    def query(vector: np.ndarray, question: str) -> list[str]:
        return [hit.id for hit in fuse("convex", index.by_vector(vector, 50), index.by_words(question, 50), 0.5)][:10]

    return _task.opened(task, query)


_task.run(ingest=ingest, rest=rest, search=search, open=again)
