"""Candidates: the settings of a pipeline that tuning compares, each with the edits that lead to it."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlwright.blueprint import Edit
from mlwright.rag import PipelineSpec

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


@dataclass(frozen=True, slots=True)
class Candidate:
    """One setting of a pipeline. `edits` make it of the blueprint as it is."""

    name: str
    spec: PipelineSpec
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may be tried instead of `now`, the present settings of a pipeline."""

    pipeline: str
    now: PipelineSpec

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
                out.append(Candidate(f"{by} {tokens}", changed, self._edits(changed)))
        return out

    def fusions(self, base: Candidate) -> list[Candidate]:
        """Ways to fuse, over the chunks of `base`."""
        out = []
        for fusion in _FUSIONS:
            if base.spec.index.keyword == "none" and fusion["fuse"] != "vector":
                continue
            changed = self._changed(base.spec, retrieve=fusion)
            told = " ".join(str(value) for value in fusion.values())
            out.append(Candidate(f"{changed.chunk.use} {changed.chunk.tokens}, {told}", changed, self._edits(changed)))
        return out

    def _changed(
        self, spec: PipelineSpec, *, chunk: Mapping[str, object] | None = None, retrieve: Mapping[str, object] = {}
    ) -> PipelineSpec:
        """With as many passages as show the model the tokens that the current settings show."""
        whole = spec.model_dump(mode="json")
        changed = PipelineSpec.model_validate({**whole, **({"chunk": chunk} if chunk else {})})
        now = self.now
        budget = now.retrieve.keep * now.chunk.facts().shown
        keep = max(1, min(100, round(budget / changed.chunk.facts().shown)))
        fields = {**whole["retrieve"], **retrieve, "keep": keep}
        return PipelineSpec.model_validate({**changed.model_dump(mode="json"), "retrieve": fields})

    def _edits(self, spec: PipelineSpec) -> tuple[Edit, ...]:
        now, at = self.now, f"rag.{self.pipeline}"
        edits = []
        if spec.chunk != now.chunk:
            edits.append(Edit(f"{at}.chunk", f"{{by: {spec.chunk.use}, tokens: {spec.chunk.tokens}}}"))
        for name in ("fuse", "dense_weight", "keep"):
            if (value := getattr(spec.retrieve, name)) != getattr(now.retrieve, name):
                edits.append(Edit(f"{at}.retrieve.{name}", str(value)))
        return tuple(edits)
