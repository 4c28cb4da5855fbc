"""LlamaIndex: SimpleDirectoryReader, SentenceSplitter, HuggingFaceEmbedding, its default vector store, BM25Retriever.

HTML goes through its HTMLTagReader (the body), as the default would index the markup."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import _task
from llama_index.core import MockEmbedding, Settings, SimpleDirectoryReader, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import QueryBundle, TextNode
from llama_index.core.vector_stores import MetadataFilter, MetadataFilters
from llama_index.retrievers.bm25 import BM25Retriever

VERSION = version("llama-index-core")
Settings.llm = None


def ingest(task: dict[str, Any]) -> dict[str, Any]:
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    embedder = HuggingFaceEmbedding(model_name=task["model"], embed_batch_size=32, device="cpu")
    embedder.get_text_embedding("warm")
    return indexed(task, embedder)


def rest(task: dict[str, Any]) -> dict[str, Any]:
    return indexed(task, MockEmbedding(embed_dim=384))


def indexed(task: dict[str, Any], embedder: BaseEmbedding) -> dict[str, Any]:
    from llama_index.readers.file import HTMLTagReader

    clock = _task.Clock()
    with clock.measure("total"):
        html = {".html": HTMLTagReader(tag="body", ignore_no_id=False)}
        paths = [str(path) for path in _task.files(Path(task["folder"]))]
        documents = SimpleDirectoryReader(input_files=paths, file_extractor=html).load_data()
        nodes = SentenceSplitter(chunk_size=task["tokens"], chunk_overlap=task["overlap"]).get_nodes_from_documents(
            documents
        )
        with clock.measure("embed"):
            vectors = embedder.get_text_embedding_batch([node.get_content(metadata_mode="embed") for node in nodes])
        for node, vector in zip(nodes, vectors, strict=True):
            node.embedding = vector
        index = VectorStoreIndex(nodes, embed_model=embedder)
        BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=10)
        index.storage_context.persist(task["work"])
    return {"version": VERSION, "chunks": len(nodes), "wall": clock.wall, "cpu": clock.cpu}


class Given(BaseEmbedding):  # type: ignore[misc]
    """An embedder that knows the vectors of the questions."""

    vectors: dict[str, list[float]]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self.vectors[query]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self.vectors[query]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self.vectors[text]


def search(task: dict[str, Any]) -> dict[str, Any]:
    corpus, clock = _task.Corpus(task), _task.Clock()
    given = Given(
        vectors={q: v.tolist() for q, v in zip(corpus.questions, corpus.queries, strict=True)}, embed_batch_size=32
    )
    with clock.measure("build"):
        rows = zip(corpus.ids, corpus.texts, corpus.vectors.tolist(), corpus.percent, corpus.permille, strict=True)
        nodes = [
            TextNode(id_=id_, text=text, embedding=vector, metadata={"percent": percent, "permille": permille})
            for id_, text, vector, percent, permille in rows
        ]
        index = VectorStoreIndex(nodes, embed_model=given)
        BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=50)

    retrievers = {}

    def of(where: tuple[str, str] | None) -> tuple[Any, Any]:
        if where not in retrievers:
            filters = MetadataFilters(filters=[MetadataFilter(key=where[0], value=where[1])]) if where else None
            dense = index.as_retriever(similarity_top_k=50, filters=filters)
            words = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=50, filters=filters)
            both = QueryFusionRetriever(
                [dense, words], similarity_top_k=10, num_queries=1, mode="reciprocal_rerank", use_async=False
            )
            retrievers[where] = dense, both
        return retrievers[where]

    def bundle(number: int) -> QueryBundle:
        return QueryBundle(corpus.questions[number], embedding=corpus.queries[number].tolist())

    def by_vector(number: int, where: tuple[str, str] | None) -> list[str]:
        return [hit.node.node_id for hit in of(where)[0].retrieve(bundle(number))]

    def hybrid(number: int, where: tuple[str, str] | None) -> list[str]:
        return [hit.node.node_id for hit in of(where)[1].retrieve(bundle(number))]

    return {"version": VERSION, "build": clock.wall["build"], **_task.search(corpus, by_vector, hybrid)}


_task.run(ingest=ingest, rest=rest, search=search)
