"""Retrieve: a question finds the chunks that may answer it, stage by stage."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING

from mlwright.kernel.aio import in_thread
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.spans import GenAI
from mlwright.models import Embedder, Price, RerankChoice, cost_of
from mlwright.rag import tables
from mlwright.rag.chunkers import embedded_of
from mlwright.rag.filters import Filter, both, check_fields, filter_text
from mlwright.rag.indexes import Index
from mlwright.rag.named import Named
from mlwright.rag.ranking import Ranking
from mlwright.rag.remembered import Remembered
from mlwright.rag.rewriters import Query, Rewriter, Rewritten
from mlwright.rag.rewriters.rules import LONGEST
from mlwright.rag.searching import Searching
from mlwright.rag.shelf import Shelf
from mlwright.rag.spec import PipelineSpec
from mlwright.rag.stages import Stages
from mlwright.rag.types import Call, Retrieval, StageReport, Turn
from mlwright.rag.versions import IndexVersions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is looked for, and in which generation of the index (the newest where None)."""

    question: str
    keep: int
    where: Filter | None
    history: Sequence[Turn]
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Retriever:
    """Searches the index of one pipeline. `index` opens it on first use; `prices` are by name in `models.chat`."""

    pipeline: str
    spec: PipelineSpec
    kernel: Kernel
    embedder: Embedder
    shelf: Shelf
    index: Callable[[], Index]
    versions: IndexVersions
    rewriter: Rewriter
    named: Named
    rerank: RerankChoice | None = None
    prices: Mapping[str, Price | None] = field(default_factory=dict)
    remembered: Remembered = field(default_factory=lambda: Remembered(0))

    async def retrieve(
        self,
        question: str,
        *,
        top: int | None = None,
        where: Filter | None = None,
        history: Sequence[Turn] = (),
        explain: bool = False,
        at: str = "",
    ) -> Retrieval:
        """The best `top` chunks (`keep` of the blueprint where None), none where nothing is near enough.

        `history` is the conversation so far, oldest first; `explain` keeps the candidates of each stage; `at` names a
        version of the index, as `IndexVersions` does. Raises NotFound before the first ingest and for a version that is
        not kept, UserError for an empty question or a filter that the blueprint does not
        allow."""
        if not question.strip():
            raise UserError("the question is empty", hint="ask something")
        if where is not None:
            check_fields(where, self.spec.retrieve.filter or self.spec.index.metadata, self.pipeline)
        keep = self.spec.kept if top is None else top
        attributes = {GenAI.OPERATION: GenAI.RETRIEVAL, GenAI.QUERY: question[:LONGEST]}
        with self.kernel.spans.span(f"{GenAI.RETRIEVAL} {self.pipeline}", attributes) as span:
            began = perf_counter()
            index = await in_thread(self.index)
            current = await in_thread(tables.index_at, self.kernel.store, self.shelf.name, index.generation)
            if current is None:
                raise NotFound(f"pipeline {self.pipeline!r} has no index yet", hint="ingest its documents: mlwright up")
            key: Hashable = (question, keep, where, tuple(history), explain)
            found = None if at else self.remembered.get(current.ref, key)
            if at:
                then = await in_thread(self.versions.readable, at)
                asked = _Asked(question, keep, where, history, then.generation)
                found = await self._retrieved(asked, index, then.ref, Stages(explain))
            elif found is not None:
                report = StageReport("cache", perf_counter() - began, "remembered; the index has not changed since")
                found = replace(found, seconds={"cache": report.seconds}, stages=(report, *found.stages), calls=())
            else:
                asked = _Asked(question, keep, where, history)
                found = await self._retrieved(asked, index, current.ref, Stages(explain))
                self.remembered.put(current.ref, key, found)
            span.set(GenAI.DOCUMENTS, [str(hit.chunk.ref) for hit in found.hits])
        return found

    async def _retrieved(self, asked: "_Asked", index: Index, ref: Ref, stages: Stages) -> Retrieval:
        with stages.stage("rewrite") as stage:
            rewritten = await self._rewritten(asked)
            stage.note = rewritten.note
        named = await in_thread(self._named, rewritten.question, ref, stages)
        vectors = await self._embed(rewritten.queries, stages)
        depth = max(self.spec.retrieve.top, asked.keep)
        searching = Searching(self.spec, index, both(asked.where, named), depth, stages, self._texts, asked.at)
        with self.kernel.spans.span(f"search {self.pipeline}"):
            fused = await in_thread(searching.find, rewritten.queries, vectors)
            if named is not None and not fused:
                stages.add("filter", 0.0, f"nothing found where {filter_text(named)}, so it was left out")
                searching = replace(searching, where=asked.where)
                fused = await in_thread(searching.find, rewritten.queries, vectors)
        ranking = Ranking(self.spec, self.kernel, index, self.rerank, self.prices, stages)
        hits, calls = await ranking.rank(rewritten.question, fused, asked.keep)
        return Retrieval(
            asked.question,
            tuple(hits),
            ref,
            stages.seconds,
            stages.reports,
            tuple(query.text for query in rewritten.queries),
            "" if searching.where is None else filter_text(searching.where),
            (*self._paid(rewritten), *calls),
            rewritten.question,
        )

    async def _rewritten(self, asked: "_Asked") -> Rewritten:
        """What is searched for; a span of its own where a model writes it."""
        chat = self.spec.retrieve.rewrite.facts().chat
        span = self.kernel.spans.span(f"rewrite {chat}") if chat else nullcontext()
        with span:
            return await self.rewriter.rewrite(asked.question, asked.history)

    def _named(self, question: str, ref: Ref, stages: Stages) -> Filter | None:
        """What the question names of the fields in `extract`."""
        if not self.named.fields:
            return None
        with stages.stage("filter") as stage:
            found = self.named.filter_of(question, ref)
            stage.note = "the question names none" if found is None else filter_text(found)
        return found

    async def _embed(self, queries: Sequence[Query], stages: Stages) -> "list[Vector | None]":
        """A vector for each query: as a question, or as a document where it is written like one."""
        found: list[Vector | None] = [None] * len(queries)
        if self.spec.retrieve.fuse == "keyword":
            return found
        attributes = {GenAI.OPERATION: GenAI.EMBEDDINGS, GenAI.REQUEST_MODEL: self.embedder.ref.id}
        with (
            stages.stage("embed") as stage,
            self.kernel.spans.span(f"{GenAI.EMBEDDINGS} {self.embedder.ref.id}", attributes),
        ):
            for passage in (False, True):
                places = [place for place, query in enumerate(queries) if query.passage is passage and query.text]
                if places:
                    texts = [queries[place].text for place in places]
                    rows = await self.embedder.embed(texts, "document" if passage else "query")
                    for place, row in zip(places, rows, strict=True):
                        found[place] = row
            stage.note = f"{self.embedder.ref.id}, {len(queries)} queries" if len(queries) > 1 else self.embedder.ref.id
        return found

    def _texts(self, ids: Sequence[str]) -> list[str]:
        known = tables.chunks(self.kernel.store, ids)
        found = (known.get(id_) for id_ in ids)
        return [embedded_of(one) if one else "" for one in found]

    def _paid(self, asked: Rewritten) -> list[Call]:
        if asked.model is None:
            return []
        chat = self.spec.retrieve.rewrite.facts().chat
        cost = cost_of(asked.usage, self.prices.get(chat))
        return [Call(asked.model, asked.usage.input_tokens, asked.usage.output_tokens, cost)]
