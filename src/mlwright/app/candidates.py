"""Candidates: the settings of a pipeline that tuning compares, each with the edits that lead to it."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlwright.blueprint import Edit
from mlwright.models import ModelsSpec
from mlwright.rag import PipelineSpec, RerankSpec

_CHUNKERS = ("structure", "recursive", "fixed")
_SIZES = (100, 150, 200, 240)
_FUSIONS: tuple[Mapping[str, object], ...] = (
    {"fuse": "convex", "dense_weight": 0.3},
    {"fuse": "convex", "dense_weight": 0.5},
    {"fuse": "convex", "dense_weight": 0.7},
    {"fuse": "rrf"},
    {"fuse": "vector"},
    {"fuse": "keyword"},
)
_RERANKERS = ("mmr", "lexical")
"""Those that need no model and no service; they are tried also where the blueprint does not name them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One setting of a pipeline, with the models it may name. `edits` make it of the blueprint as it is."""

    name: str
    spec: PipelineSpec
    models: ModelsSpec
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may be tried instead of `now`, the present settings of a pipeline."""

    pipeline: str
    now: PipelineSpec
    models: ModelsSpec

    def current(self) -> Candidate:
        return Candidate("current", self.now, self.models)

    def cuttings(self) -> list[Candidate]:
        """Chunkers and sizes, at the present way to fuse."""
        spec, out = self.now, list[Candidate]()
        for by in dict.fromkeys((spec.chunk.use, *_CHUNKERS)):
            for tokens in _SIZES:
                chunk = {"by": by, "tokens": tokens}
                try:
                    changed = self._changed(spec, chunk=chunk)
                except ValueError:
                    continue  # a chunker with other limits
                out.append(Candidate(f"{by} {tokens}", changed, self.models, self._edits(changed)))
        return out

    def fusions(self, base: Candidate) -> list[Candidate]:
        """Ways to fuse, over the chunks of `base`."""
        out = []
        for fusion in _FUSIONS:
            if base.spec.index.keyword == "none" and fusion["fuse"] != "vector":
                continue
            changed = self._changed(base.spec, retrieve=fusion)
            out.append(Candidate(_told(changed), changed, self.models, self._edits(changed)))
        return out

    def feedbacks(self, base: Candidate) -> list[Candidate]:
        """A second search with what the first one found, or none where there is one now."""
        changed = self._changed(base.spec, retrieve={"feedback": None if base.spec.retrieve.feedback else {}})
        return [Candidate(_told(changed), changed, self.models, self._edits(changed))]

    def rerankings(self, base: Candidate) -> list[Candidate]:
        """The rerankers of the blueprint and those that need nothing, over what `base` finds; and none, where one is
        set now. One that costs money is asked as often as there are examples."""
        models, out = self._with_rerankers(), list[Candidate]()
        for name in models.rerank:
            spec = self._changed(base.spec, rerank={"model": name})
            out.append(Candidate(_told(spec), spec, models, self._edits(spec)))
        if base.spec.rerank is not None:
            spec = self._changed(base.spec.model_copy(update={"rerank": None}))
            out.append(Candidate(_told(spec), spec, models, self._edits(spec)))
        return out

    def _with_rerankers(self) -> ModelsSpec:
        known = {part.use for part in self.models.rerank.values()}
        taken = {*self.models.embed, *self.models.chat, *self.models.rerank}
        more = ModelsSpec.model_validate(
            {"rerank": {name: name for name in _RERANKERS if name not in known and name not in taken}}
        )
        return self.models.model_copy(update={"rerank": {**self.models.rerank, **more.rerank}})

    def _changed(
        self,
        spec: PipelineSpec,
        *,
        chunk: Mapping[str, object] | None = None,
        retrieve: Mapping[str, object] = {},
        rerank: Mapping[str, object] | None = None,
    ) -> PipelineSpec:
        """With as many passages as show the model the tokens that the current settings show."""
        whole = spec.model_dump(mode="json")
        changed = PipelineSpec.model_validate({**whole, **({"chunk": chunk} if chunk else {})})
        budget = self.now.kept * self.now.chunk.facts().shown
        keep = max(1, min(100, round(budget / changed.chunk.facts().shown)))
        whole = changed.model_dump(mode="json")
        whole["retrieve"] = {**whole["retrieve"], **retrieve, "keep": keep}
        if rerank is not None or whole["rerank"] is not None:
            seen = {"candidates": max(30, keep)} if rerank is not None else {}
            whole["rerank"] = {**(rerank or whole["rerank"]), **seen, "keep": keep}
        return PipelineSpec.model_validate(whole)

    def _edits(self, spec: PipelineSpec) -> tuple[Edit, ...]:
        now, at = self.now, f"rag.{self.pipeline}"
        edits = []
        if spec.chunk != now.chunk:
            edits.append(Edit(f"{at}.chunk", f"{{by: {spec.chunk.use}, tokens: {spec.chunk.tokens}}}"))
        for name in ("fuse", "dense_weight", "keep"):
            if (value := getattr(spec.retrieve, name)) != getattr(now.retrieve, name):
                edits.append(Edit(f"{at}.retrieve.{name}", str(value)))
        if spec.retrieve.feedback != now.retrieve.feedback:
            edits.append(Edit(f"{at}.retrieve.feedback", "{}" if spec.retrieve.feedback else None))
        if spec.rerank is None and now.rerank is not None:
            edits.append(Edit(f"{at}.rerank", None))
        elif spec.rerank is not None and spec.rerank != now.rerank:
            edits += self._rerank_edits(spec.rerank, at)
        return tuple(edits)

    def _rerank_edits(self, rerank: RerankSpec, at: str) -> list[Edit]:
        if self.now.rerank is not None and self.now.rerank.model == rerank.model:
            return [Edit(f"{at}.rerank.keep", str(rerank.keep))]
        named = [] if rerank.model in self.models.rerank else [Edit(f"models.rerank.{rerank.model}", rerank.model)]
        fields = f"{{model: {rerank.model}, keep: {rerank.keep}, candidates: {rerank.candidates}}}"
        return [*named, Edit(f"{at}.rerank", fields)]


def _told(spec: PipelineSpec) -> str:
    """`structure 150, convex 0.5, feedback, mmr`."""
    fuse = spec.retrieve.fuse
    how = f"{fuse} {spec.retrieve.dense_weight:g}" if fuse == "convex" else fuse
    again = ", feedback" if spec.retrieve.feedback else ""
    after = f", {spec.rerank.model}" if spec.rerank else ""
    return f"{spec.chunk.use} {spec.chunk.tokens}, {how}{again}{after}"
