"""The `rag` section of a blueprint: pipelines by name."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mlwright.kernel.units import Bytes, Count, Seconds, Share
from mlwright.rag.chunkers import AnyChunker
from mlwright.rag.indexes import AnyIndex, Quantize
from mlwright.rag.parsers import When
from mlwright.rag.placed import check_pattern
from mlwright.rag.rewriters import AnyRewriter


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ParseSpec(_Section):
    """How files become text, and what one file may take."""

    timeout: Seconds = Field(default=60.0, gt=0, description="What parsing one file may take.")
    memory: Bytes = Field(default=2 << 30, ge=256 << 20, description="The memory that parsing one file may take.")
    size: Bytes = Field(default=64 << 20, ge=1, le=1 << 30, description="The largest file that is parsed.")
    pages: int = Field(default=5000, ge=1, description="The most pages of a PDF that is parsed.")
    ocr: When = Field(
        default="auto",
        description="Recognise the characters of a PDF by tesseract: `auto` on pages that have no text of their own, "
        "`always`, or `never`.",
    )
    languages: str = Field(
        default="eng",
        pattern=r"^\w+(\+\w+)*$",
        description="The languages of scanned pages as tesseract names them, as `deu+eng`.",
    )

    @property
    def reading(self) -> dict[str, str | int]:
        """What changes the text, apart from the caps: the fields of parsers of the same name."""
        return {"ocr": self.ocr, "languages": self.languages}


class SituateSpec(_Section):
    """Contextual retrieval: before a chunk is embedded, a chat model writes what it is about within its document."""

    model: str = Field(default="writer", description="The model that writes, by its name in `models.chat`.")
    tokens: Count = Field(
        default=50,
        ge=10,
        le=500,
        description="The most that is kept of what it writes, in the embedder's tokens. It shares the embedder's limit "
        "with the chunk.",
    )
    window: Count = Field(
        default=4000,
        ge=200,
        description="The most of the document that the model is shown, in the embedder's tokens: all of a short one; "
        "of a longer one its opening, and a stretch around the chunk.",
    )
    prompt: str | None = Field(
        default=None,
        description="A prompt template, as a path from the blueprint's folder; the built-in one if absent.",
    )
    concurrency: int = Field(default=8, ge=1, le=256, description="Calls of the model side by side.")
    timeout: Seconds = Field(default=60.0, gt=0, description="What one call may take.")


class IndexSpec(_Section):
    """What is searched: vectors, words, and the metadata fields that filters may use."""

    embed: str = Field(default="embedder", description="The embedding model, by its name in `models.embed`.")
    keyword: Literal["bm25", "none"] = Field(default="bm25", description="Search by words: `bm25`, or `none`.")
    metadata: tuple[str, ...] = Field(
        default=(),
        description="Fields kept for filters: `key`, `folder`, `title`, and what documents say of themselves.",
    )
    quantize: Quantize = Field(
        default="none",
        description="How vectors are held while searching: `none`, `f16`, `i8` or `binary`. The best candidates are "
        "scored again with the full vectors.",
    )
    engine: AnyIndex = Field(
        default="embedded",
        validate_default=True,
        description="What holds vectors and words: `embedded`, `lance`, `pgvector` or `qdrant`.",
    )
    keep: int = Field(
        default=3,
        ge=1,
        le=1000,
        description="Versions of the index that can be searched, the newest among them; those with a tag come on top.",
    )
    keep_days: float = Field(
        default=0.0,
        ge=0,
        le=36500,
        description="Versions that were built in the last days can be searched, too, however many they are.",
    )


class FeedbackSpec(_Section):
    """Pseudo-relevance feedback: the best passages of a first search say what a second one looks for. No model."""

    passages: int = Field(default=3, ge=1, le=20, description="The best passages of the first search that are used.")
    terms: int = Field(default=20, ge=1, le=200, description="The words of theirs that are added to the question.")
    share: Share = Field(default=0.5, ge=0, le=1, description="The part of the second search in the final score.")


class RetrieveSpec(_Section):
    """How a question finds passages: candidates of each retriever are fused to one list."""

    rewrite: AnyRewriter = Field(
        default="rules", validate_default=True, description="How a question becomes the queries that are searched."
    )
    top: int = Field(default=200, ge=1, le=1000, description="Candidates of each retriever.")
    keep: int = Field(default=6, ge=1, le=100, description="Passages that are kept of the fused list.")
    fuse: Literal["convex", "rrf", "vector", "keyword"] = Field(
        default="convex",
        description="How two lists become one: `convex` mixes scores that are scaled to 0..1, `rrf` is reciprocal rank "
        "fusion (Cormack et al. 2009, k = 60), weighted where `dense_weight` is not 0.5, "
        "`vector` and `keyword` use one retriever alone.",
    )
    dense_weight: Share = Field(
        default=0.5, description="The weight of the vectors in `convex` and `rrf`; words have the rest."
    )
    feedback: FeedbackSpec | None = Field(
        default=None,
        description="Search a second time with what the best passages say (RM3 and Rocchio); `{}` for the usual "
        "settings, none where absent. Finds more of what is about a topic; known items it may push down.",
    )
    min_score: float = Field(
        default=0.2, ge=-1, le=1, description="The least cosine of the nearest passage: below it nothing was found."
    )
    duplicates: Share = Field(
        default=0.9,
        gt=0,
        le=1,
        description="Passages that share so much of their runs of three words, and all their numbers, count once.",
    )
    cache: int = Field(
        default=512,
        ge=0,
        le=100_000,
        description="Retrievals that are remembered until a document changes; 0 remembers none.",
    )
    filter: tuple[str, ...] = Field(
        default=(), description="Fields that a caller may filter by; all of `index.metadata` where empty."
    )
    extract: tuple[str, ...] = Field(
        default=(),
        description="Fields of `index.metadata` whose values or dates a question may name itself; it is then searched "
        "among the documents that have them, and among all where nothing is found there.",
    )

    @model_validator(mode="after")
    def _keep_at_most_top(self) -> "RetrieveSpec":
        if self.keep > self.top:
            raise ValueError(f"keep ({self.keep}) is more than top ({self.top})")
        return self


class HistorySpec(_Section):
    """What is remembered of a conversation."""

    turns: int = Field(default=6, ge=0, le=50, description="The last turns that the model sees, at most.")
    tokens: Count = Field(
        default=1000, ge=0, description="What they may take of the prompt, in the embedder's tokens; the latest count."
    )
    keep: Seconds = Field(default=30 * 86400.0, gt=0, description="How long a conversation can be continued.")


class RerankSpec(_Section):
    """How found passages are put in a better order before they are kept."""

    model: str = Field(description="The reranker, by its name in `models.rerank`.")
    keep: int = Field(default=5, ge=1, le=100, description="Passages that are kept; it stands for `retrieve.keep`.")
    candidates: int = Field(default=30, ge=2, le=500, description="Passages that the reranker sees.")
    diversity: Share = Field(
        default=0.0,
        ge=0,
        le=1,
        description="After the reranker, how much a passage loses for being like a better one (maximal marginal "
        "relevance); 0 for nothing.",
    )
    timeout: Seconds = Field(default=5.0, gt=0, description="For the reranker; after it the order of the search stays.")

    @model_validator(mode="after")
    def _keep_fewer_than_seen(self) -> "RerankSpec":
        if self.keep > self.candidates:
            raise ValueError(f"keep ({self.keep}) is more than candidates ({self.candidates})")
        return self


class GenerateSpec(_Section):
    """How passages become an answer."""

    model: str = Field(default="writer", description="The model that answers, by its name in `models.chat`.")
    prompt: str | None = Field(
        default=None,
        description="A prompt template, as a path from the blueprint's folder; the built-in one if absent.",
    )
    context: Count = Field(default=4000, description="The budget of the whole prompt, in the embedder's tokens.")
    cite: Literal["strict", "required", "optional"] = Field(
        default="required",
        description="`required`: an answer without one citation that holds becomes an abstention; `strict`: so does "
        "each sentence go that no passage supports, and text comes by the paragraph.",
    )
    if_empty: Literal["abstain", "answer"] = Field(
        default="abstain", description="When nothing is found: abstain without a call, or let the model answer."
    )
    history: HistorySpec = Field(default_factory=HistorySpec, description="What is remembered of a conversation.")


class PipelineSpec(_Section):
    """One pipeline: documents in, cited answers out."""

    documents: str = Field(description="The source of the documents, by its name in `data.sources`.")
    parse: ParseSpec = ParseSpec()
    meta: dict[str, str] = Field(
        default_factory=dict,
        description='Fields that the place of a document gives, by pattern, as `product: "guides/{product}/**"`.',
    )
    chunk: AnyChunker = Field(default="structure", validate_default=True, description="How documents are cut.")
    situate: SituateSpec | None = Field(
        default=None,
        description="A model that writes what each chunk is about within its document, for the search alone; "
        "`{}` for the usual settings, none where absent.",
    )
    index: IndexSpec = Field(default_factory=IndexSpec)
    retrieve: RetrieveSpec = RetrieveSpec()
    rerank: RerankSpec | None = Field(default=None, description="A reranker after the search; none where absent.")
    generate: GenerateSpec = GenerateSpec()

    @field_validator("meta")
    @classmethod
    def _patterns_name_their_field(cls, value: dict[str, str]) -> dict[str, str]:
        for field, pattern in value.items():
            check_pattern(field, pattern)
        return value

    @model_validator(mode="after")
    def _extract_what_documents_have(self) -> "PipelineSpec":
        for name in self.retrieve.extract:
            if name not in self.index.metadata or name in ("acl", "section", "page"):
                fields = ", ".join(one for one in self.index.metadata if one not in ("acl", "section", "page"))
                raise ValueError(
                    f"retrieve.extract: {name!r} is no field of documents in index.metadata ({fields or 'none'})"
                )
        return self

    @property
    def chats(self) -> dict[str, str]:
        """Stage to the model of `models.chat` that it asks, as far as the section names one."""
        asked = {"generate": self.generate.model, "rewrite": self.retrieve.rewrite.facts().chat}
        if self.situate is not None:
            asked["situate"] = self.situate.model
        return {stage: model for stage, model in asked.items() if model}

    @property
    def prompts(self) -> dict[str, str | None]:
        """Stage to the template file of its prompt; None for the built-in one."""
        situate = {} if self.situate is None else {"situate": self.situate.prompt}
        return {"generate": self.generate.prompt, **situate}

    @property
    def kept(self) -> int:
        """How many passages a question gets."""
        return self.retrieve.keep if self.rerank is None else self.rerank.keep
