"""Ranking: what was found is read, freed of near duplicates, put in a better order, and cut to what is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlwright.kernel.aio import in_thread
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, ProviderError
from mlwright.models import Price, RerankChoice, Reranked, RerankFacts, RerankRequest, cost_of, margins
from mlwright.rag import tables
from mlwright.rag.duplicates import Distinct
from mlwright.rag.fuse import Fused
from mlwright.rag.indexes import Index
from mlwright.rag.spec import PipelineSpec
from mlwright.rag.stages import Stages
from mlwright.rag.types import Call, Hit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Ranking:
    """The second half of one retrieval."""

    spec: PipelineSpec
    kernel: Kernel
    index: Index
    rerank: RerankChoice | None
    prices: Mapping[str, Price | None]
    stages: Stages

    async def rank(self, question: str, fused: Sequence[Fused], keep: int) -> tuple[list[Hit], list[Call]]:
        """The best `keep` passages of different texts, best first, and what the reranker used."""
        spec = self.spec.rerank
        pool = keep if spec is None or self.rerank is None else max(keep, spec.candidates)
        hits = await in_thread(self._read, fused, pool)
        calls: list[Call] = []
        if spec is not None and self.rerank is not None and hits:
            hits, calls = await self._reranked(self.rerank, question, hits, spec.timeout)
            if spec.diversity:
                hits = await in_thread(self._diverse, hits, spec.diversity)
        with self.stages.stage("keep") as stage:
            hits = hits[:keep]
            stage.scores = _scores(hits)
            stage.note = f"{len(hits)} of {len(fused)} found" if fused else ""
        return hits, calls

    def _read(self, fused: Sequence[Fused], most: int) -> list[Hit]:
        """The best `most` that repeat no better one; rows are read as far as they are needed."""
        distinct, repeats = Distinct(self.spec.retrieve.duplicates), 0
        hits: list[Hit] = []
        with self.stages.stage("dedupe") as stage:
            for start in range(0, len(fused), 2 * most):
                some = fused[start : start + 2 * most]
                known = tables.chunks(self.kernel.store, [one.id for one in some])
                for one in some:
                    chunk = known.get(one.id)
                    if chunk is None or len(hits) == most:
                        continue
                    if distinct.admits(chunk.text):
                        hits.append(Hit(chunk, one.score, one.vector, one.keyword))
                    else:
                        repeats += 1
                if len(hits) == most:
                    break
            stage.scores = _scores(hits)
            stage.note = f"{repeats} near duplicates left out" if repeats else ""
        return hits

    async def _reranked(
        self, choice: RerankChoice, question: str, hits: list[Hit], timeout: float
    ) -> tuple[list[Hit], list[Call]]:
        """Ordered by the reranker; in the order of the search where it fails, which the stage tells."""
        with self.stages.stage("rerank") as stage, self.kernel.spans.span(f"rerank {choice.model.ref.id}") as span:
            try:
                request = RerankRequest(
                    question,
                    tuple(_shown(hit) for hit in hits),
                    tuple(hit.score for hit in hits),
                    await in_thread(self._vectors, hits) if choice.facts.vectors else None,
                    timeout,
                )
                found = await choice.model.rerank(request)
            except (ProviderError, NotFound) as error:
                stage.note = f"{choice.model.ref} failed, the order of the search stays: {error}"
                span.error = str(error)
                return hits, []
            ranked = [replace(hit, score=score, rerank=score) for hit, score in zip(hits, found.scores, strict=True)]
            ranked.sort(key=lambda hit: -hit.score)  # stable: equal scores stay in the order of the search
            stage.scores = _scores(ranked)
            stage.note = f"{choice.model.ref}, {len(hits)} passages"
        return ranked, self._calls(choice, found)

    def _calls(self, choice: RerankChoice, found: Reranked) -> list[Call]:
        facts, usage = choice.facts, found.usage
        if not facts.chat and facts.per_search == 0.0:
            return []
        return [Call(choice.model.ref, usage.input_tokens, usage.output_tokens, self._cost(facts, found))]

    def _cost(self, facts: RerankFacts, found: Reranked) -> float | None:
        searches = None if facts.per_search is None else facts.per_search * found.searches
        tokens = cost_of(found.usage, self.prices.get(facts.chat)) if facts.chat else 0.0
        return None if searches is None or tokens is None else searches + tokens

    def _diverse(self, hits: list[Hit], diversity: float) -> list[Hit]:
        with self.stages.stage("mmr") as stage:
            given = margins([hit.score for hit in hits], self._vectors(hits), 1 - diversity)
            order = sorted(range(len(hits)), key=lambda place: -given[place])
            stage.scores = [(hits[place].chunk.ref.id, given[place]) for place in order]
            stage.note = f"diversity {diversity:.0%}"
        return [replace(hits[place], score=given[place]) for place in order]

    def _vectors(self, hits: Sequence[Hit]) -> "NDArray[np.float32]":
        return self.index.vectors([hit.chunk.ref.id for hit in hits])


def _scores(hits: Sequence[Hit]) -> list[tuple[str, float]]:
    return [(hit.chunk.ref.id, hit.score) for hit in hits]


def _shown(hit: Hit) -> str:
    """A passage with the headings above it: what a reranker reads."""
    return "\n".join((" > ".join((hit.chunk.title, *hit.chunk.headings)).strip(" >"), hit.chunk.text)).strip()
