"""Retrieve: a question finds the chunks that may answer it."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from mlwright.kernel.aio import in_thread
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, UserError
from mlwright.kernel.spans import GenAI
from mlwright.models import Embedder
from mlwright.rag import tables
from mlwright.rag.filters import Filter, check_fields
from mlwright.rag.fuse import Fused, fuse
from mlwright.rag.indexes import Found, Index
from mlwright.rag.shelf import Shelf
from mlwright.rag.spec import PipelineSpec
from mlwright.rag.types import Hit, Retrieval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Retriever:
    """Searches the index of one pipeline. `index` opens it on first use."""

    pipeline: str
    spec: PipelineSpec
    kernel: Kernel
    embedder: Embedder
    shelf: Shelf
    index: Callable[[], Index]

    async def retrieve(self, question: str, *, top: int | None = None, where: Filter | None = None) -> Retrieval:
        """The best `top` chunks (`keep` of the blueprint where None), none where nothing is near enough.

        Raises NotFound before the first ingest, UserError for an empty question or a filter that the blueprint does
        not allow."""
        if not question.strip():
            raise UserError("the question is empty", hint="ask something")
        if where is not None:
            check_fields(where, self.spec.retrieve.filter or self.spec.index.metadata, self.pipeline)
        keep = self.spec.retrieve.keep if top is None else top
        depth = max(self.spec.retrieve.top, keep)
        seconds: dict[str, float] = {}
        attributes = {GenAI.OPERATION: GenAI.RETRIEVAL, GenAI.QUERY: question}
        with self.kernel.spans.span(f"{GenAI.RETRIEVAL} {self.pipeline}", attributes) as span:
            index = await in_thread(self.index)
            current = tables.index_at(self.kernel.store, self.shelf.name, index.generation)
            if current is None:
                raise NotFound(f"pipeline {self.pipeline!r} has no index yet", hint="ingest its documents: mlwright up")
            vector = await self._embed(question, seconds)
            hits = await in_thread(self._find, index, question, vector, keep, depth, where, seconds)
            span.set(GenAI.DOCUMENTS, [str(hit.chunk.ref) for hit in hits])
        return Retrieval(question, tuple(hits), current.ref, seconds)

    async def _embed(self, question: str, seconds: dict[str, float]) -> "NDArray[np.float32] | None":
        if self.spec.retrieve.fuse == "keyword":
            return None
        began = perf_counter()
        attributes = {GenAI.OPERATION: GenAI.EMBEDDINGS, GenAI.REQUEST_MODEL: self.embedder.ref.id}
        with self.kernel.spans.span(f"{GenAI.EMBEDDINGS} {self.embedder.ref.id}", attributes):
            vector: NDArray[np.float32] = (await self.embedder.embed([question], "query"))[0]
        seconds["embed"] = perf_counter() - began
        return vector

    def _find(
        self,
        index: Index,
        question: str,
        vector: "NDArray[np.float32] | None",
        keep: int,
        depth: int,
        where: Filter | None,
        seconds: dict[str, float],
    ) -> list[Hit]:
        began = perf_counter()
        near: list[Found] = [] if vector is None else index.by_vector(vector, depth, where)
        seconds["vector"] = perf_counter() - began
        if vector is not None and (not near or near[0].score < self.spec.retrieve.min_score):
            return []
        began = perf_counter()
        by_words = self.spec.index.keyword != "none" and self.spec.retrieve.fuse != "vector"
        words = index.by_words(question, depth, where) if by_words else []
        seconds["keyword"] = perf_counter() - began
        began = perf_counter()
        fused = fuse(self.spec.retrieve.fuse, near, words, self.spec.retrieve.dense_weight)
        hits = self._load(fused, keep)
        seconds["load"] = perf_counter() - began
        return hits

    def _load(self, fused: list[Fused], keep: int) -> list[Hit]:
        """The best `keep` with different texts; rows are read as far as they are needed."""
        hits: list[Hit] = []
        seen: set[str] = set()
        for start in range(0, len(fused), 2 * keep):
            some = fused[start : start + 2 * keep]
            known = tables.chunks(self.kernel.store, [one.id for one in some])
            for one in some:
                chunk = known.get(one.id)
                if chunk is None or (text := " ".join(chunk.text.split())) in seen:
                    continue
                seen.add(text)
                hits.append(Hit(chunk, one.score, one.vector, one.keyword))
                if len(hits) == keep:
                    return hits
        return hits
