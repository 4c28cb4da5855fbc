"""Chroma: a persistent collection with its default HNSW index; vectors alone, as it does not search by words."""

from importlib.metadata import version
from typing import Any

import _task
import chromadb
import numpy as np
from chromadb.config import Settings

VERSION = version("chromadb")


def search(task: dict[str, Any]) -> dict[str, Any]:
    corpus, clock = _task.Corpus(task), _task.Clock()
    client = chromadb.PersistentClient(task["work"], Settings(anonymized_telemetry=False))
    with clock.measure("build"):
        collection = client.create_collection("rows", configuration={"hnsw": {"space": "ip"}}, embedding_function=None)
        for start in range(0, len(corpus.ids), 5000):
            part = slice(start, start + 5000)
            fields = zip(corpus.percent[part], corpus.permille[part], strict=True)
            collection.add(
                ids=corpus.ids[part],
                embeddings=corpus.vectors[part],
                documents=corpus.texts[part],
                metadatas=[{"percent": percent, "permille": permille} for percent, permille in fields],
            )

    def by_vector(number: int, where: tuple[str, str] | None) -> list[str]:
        chosen = {where[0]: where[1]} if where else None
        found = collection.query(query_embeddings=corpus.queries[number : number + 1], n_results=50, where=chosen)
        return list(found["ids"][0])

    return {"version": VERSION, "build": clock.wall["build"], **_task.search(corpus, by_vector, None)}


def again(task: dict[str, Any]) -> dict[str, Any]:
    client = chromadb.PersistentClient(task["work"], Settings(anonymized_telemetry=False))
    collection = client.get_collection("rows", embedding_function=None)

    def query(vector: np.ndarray, question: str) -> list[str]:
        return list(collection.query(query_embeddings=vector[None], n_results=50)["ids"][0])

    return _task.opened(task, query)


_task.run(search=search, open=again)
