"""mlwright: `mlwright up` on the folder as a user runs it; and the embedded index with the product's own fusion."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import _task
import numpy as np

import mlwright
from mlwright.rag import Filter, as_filter
from mlwright.rag.fuse import fuse
from mlwright.rag.indexes import Entry
from mlwright.rag.indexes.embedded import Config

VERSION = version("mlwright")
BLUEPRINT = """version: 1
system: {{name: bench}}
models: {{embed: {{embedder: local/minilm}}, chat: {{writer: extractive}}}}
data: {{sources: {{docs: {{use: files, path: "{folder}/**/*"}}}}}}
rag: {{docs: {{documents: docs, chunk: {{use: structure, tokens: {tokens}, overlap: 15%}}}}}}
serving: {{endpoints: {{answer: {{handler: rag.docs}}}}}}
"""


def ingest(task: dict[str, Any]) -> dict[str, Any]:
    path = Path(task["work"]) / "mlwright.yaml"
    path.write_text(BLUEPRINT.format(folder=task["folder"], tokens=task["tokens"]), encoding="utf-8")
    warm = Path(task["work"]) / "warm"
    warm.mkdir()
    (warm / "a.md").write_text("Warm.", encoding="utf-8")
    (warm / "mlwright.yaml").write_text(BLUEPRINT.format(folder=warm, tokens=task["tokens"]), encoding="utf-8")
    with mlwright.open(warm / "mlwright.yaml") as app:
        app.ingest()
    clock = _task.Clock()
    with mlwright.open(path) as app, clock.measure("total"):
        _, (report,) = app.ingest()
    clock.wall["embed"] = report.seconds["embed"]
    return {"version": VERSION, "chunks": report.chunks, "wall": clock.wall, "cpu": clock.cpu}


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


_task.run(ingest=ingest, search=search, open=again)
