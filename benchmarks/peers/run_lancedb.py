"""LanceDB: a local table with IVF_HNSW_SQ and a full-text index, hybrid by its RRFReranker, at its default settings."""

from importlib.metadata import version
from typing import Any

import _task
import lancedb
import numpy as np
import pyarrow as pa

VERSION = version("lancedb")


def search(task: dict[str, Any]) -> dict[str, Any]:
    corpus, clock = _task.Corpus(task), _task.Clock()
    with clock.measure("build"):
        dims = corpus.vectors.shape[1]
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(corpus.vectors.reshape(-1)), dims)
        rows = {
            "id": corpus.ids,
            "text": corpus.texts,
            "percent": corpus.percent,
            "permille": corpus.permille,
            "vector": vectors,
        }
        table = lancedb.connect(task["work"]).create_table("rows", pa.table(rows))
        table.create_index(metric="dot", vector_column_name="vector", index_type="IVF_HNSW_SQ")
        table.create_fts_index("text")

    def where_of(where: tuple[str, str] | None) -> str | None:
        return f"{where[0]} = '{where[1]}'" if where else None

    def by_vector(number: int, where: tuple[str, str] | None) -> list[str]:
        query = table.search(corpus.queries[number]).distance_type("dot").limit(50).select(["id"])
        if condition := where_of(where):
            query = query.where(condition)
        return [row["id"] for row in query.to_list()]

    def hybrid(number: int, where: tuple[str, str] | None) -> list[str]:
        query = table.search(query_type="hybrid").vector(corpus.queries[number]).text(corpus.questions[number])
        query = query.distance_type("dot").limit(50)
        if condition := where_of(where):
            query = query.where(condition)
        return [row["id"] for row in query.to_list()]

    return {"version": VERSION, "build": clock.wall["build"], **_task.search(corpus, by_vector, hybrid)}


def again(task: dict[str, Any]) -> dict[str, Any]:
    table = lancedb.connect(task["work"]).open_table("rows")

    def query(vector: np.ndarray, question: str) -> list[str]:
        found = table.search(query_type="hybrid").vector(vector).text(question).distance_type("dot").limit(50)
        return [row["id"] for row in found.to_list()]

    return _task.opened(task, query)


_task.run(search=search, open=again)
