"""The `rag` section of a blueprint: pipelines by name."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mlwright.kernel.units import Count, Share
from mlwright.rag.chunkers import AnyChunker
from mlwright.rag.indexes import AnyIndex


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IndexSpec(_Section):
    """`embed` names a model of `models.embed`; `metadata` lists the fields that filters may use."""

    embed: str = "embedder"
    keyword: Literal["bm25", "none"] = "bm25"
    metadata: tuple[str, ...] = ()
    store: AnyIndex = Field(default="embedded", validate_default=True)


class RetrieveSpec(_Section):
    """`top` candidates of each retriever are fused to one list of `keep` passages.

    `fuse: convex` mixes min-max-normalised scores with `dense_weight` on the vectors; `rrf` is reciprocal rank fusion
    (Cormack et al. 2009, k = 60); `vector` and `keyword` use one retriever alone. `min_score` is the least cosine of
    the best passage: below it nothing was found. `filter` names the metadata fields that a caller may filter by."""

    top: int = Field(default=200, ge=1, le=1000)
    keep: int = Field(default=6, ge=1, le=100)
    fuse: Literal["convex", "rrf", "vector", "keyword"] = "convex"
    dense_weight: Share = 0.5
    min_score: float = Field(default=0.2, ge=-1, le=1)
    filter: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _keep_at_most_top(self) -> "RetrieveSpec":
        if self.keep > self.top:
            raise ValueError(f"keep ({self.keep}) is more than top ({self.top})")
        return self


class GenerateSpec(_Section):
    """`model` names a model of `models.chat`; `prompt` is a file beside the blueprint (the built-in one where absent);
    `context` is the budget of the whole prompt in tokens; `cite: required` drops what no passage supports."""

    model: str = "writer"
    prompt: str | None = None
    context: Count = 4000
    cite: Literal["required", "optional"] = "required"
    if_empty: Literal["abstain", "answer"] = "abstain"


class PipelineSpec(_Section):
    """`documents` names a source of the `data` section."""

    documents: str
    chunk: AnyChunker = Field(default="structure", validate_default=True)
    index: IndexSpec = Field(default_factory=IndexSpec)
    retrieve: RetrieveSpec = RetrieveSpec()
    generate: GenerateSpec = GenerateSpec()
