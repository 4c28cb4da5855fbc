"""The nouns of RAG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mlwright.kernel.ids import Ref

MetaValue = str | tuple[str, ...]
"""The value of a field, or its several values, as tags."""

Meta = Mapping[str, MetaValue]
"""What is known of a document, by field. `title`, `author`, `created` and `updated` (ISO dates), `lang` (ISO 639-1),
`tags` and `acl` (labels of who may see it) have this meaning everywhere; other fields are the document's own."""


def meta_of(plain: Mapping[str, str | Sequence[str]]) -> dict[str, MetaValue]:
    """Fields as they come out of JSON, where several values are a list."""
    return {name: value if isinstance(value, str) else tuple(value) for name, value in plain.items()}


BlockKind = Literal["heading", "paragraph", "item", "code", "table", "quote"]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch `text[start:end]` of a parsed document that is one thing to a reader."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    """1 to 6 for headings, else 0."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser gives. `text` is what chunks and citations point into, by character offsets.

    For text formats it is the decoded source itself, so offsets and lines are those of the file. `blocks` are in
    order and do not overlap. `pages` holds the offset at which each page starts (PDF), else it is empty."""

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    pages: tuple[int, ...] = ()
    meta: Meta = field(default_factory=dict)
    media_type: str = "text/plain"
    notes: tuple[str, ...] = ()
    """What was left out and why, as `page 3 has no text (an image)`."""


@dataclass(frozen=True, slots=True)
class Original:
    """The file behind a version. `text` is what it says where it is a text file, `pages` how many of its pages can be
    shown as pictures; where neither is, it can only be downloaded."""

    version: Ref
    key: str
    media_type: str
    data: bytes
    text: str | None
    pages: int


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document version: characters [start, end) of its parsed text, and where a person finds it.
    Lines count from 1 in the parsed text; `page` counts from 1 where the format has pages."""

    start: int
    end: int
    line_start: int
    line_end: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """What a chunker gives: a span of the text, and the headings that stand above it, outermost first."""

    start: int
    end: int
    headings: tuple[str, ...] = ()
    tokens: int = 0
    parent: tuple[int, int] | None = None
    """The wider span around it that the model is shown when it is found; None where that is the cut itself."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A findable stretch of one document version. `text` is `parsed.text[span.start:span.end]`, exactly."""

    ref: Ref
    version: Ref
    document: Ref
    key: str
    title: str
    headings: tuple[str, ...]
    span: Span
    text: str
    tokens: int
    meta: Meta = field(default_factory=dict)
    parent: tuple[int, int] | None = None
    """Characters of the version that the model is shown when the chunk is found; None where that is the chunk."""
    context: str = ""
    """What a model wrote of the chunk's place in its document: it is searched with the text, and never cited."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found. `score` orders the list; `vector` (cosine) and `keyword` (BM25) are the raw scores of
    each retriever, `rerank` that of the reranker. `probability` that it helps is known where a calibration is."""

    chunk: Chunk
    score: float
    vector: float | None = None
    keyword: float | None = None
    rerank: float | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk on its way through a stage, by its id, with the score that the stage gave it."""

    chunk: Ref
    score: float


@dataclass(frozen=True, slots=True)
class StageReport:
    """What one stage of a retrieval did: rewrite, filter, embed, vector, keyword, fuse, feedback, dedupe, rerank, mmr,
    keep; or `cache`, where the whole was remembered. `candidates` are its best 50, where explaining was asked for."""

    name: str
    seconds: float
    note: str = ""
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A chat model or reranker that was paid for on the way. `cost` is in USD, None where it has no price."""

    model: Ref
    input_tokens: int
    output_tokens: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The answer of the index, and what each stage took, in seconds. `asked` is the question as the rewriter made it
    stand alone, `queries` were searched for it, `filter` is what passages had to meet, in words; `calls` cost money or
    tokens."""

    question: str
    hits: tuple[Hit, ...]
    index: Ref
    seconds: Mapping[str, float]
    stages: tuple[StageReport, ...] = ()
    queries: tuple[str, ...] = ()
    filter: str = ""
    calls: tuple[Call, ...] = ()
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A mark [number] in an answer, resolved: `quote` stands at `span` of document version `version`, verbatim."""

    number: int
    chunk: Ref
    version: Ref
    document: Ref
    key: str
    title: str
    span: Span
    quote: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked before in a conversation, and what was answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer while it is made."""

    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer. Tokens and `cost` (USD, None where a model has no price) are those of all `calls`: of the
    model that answers, and of those that rewrote the question or ranked passages; `cached_tokens` are the part of the
    input that a provider had cached. `seconds` are per stage and `total`. `asked` is the question as it was searched,
    where the conversation before it changed that."""

    ref: Ref
    pipeline: str
    question: str
    text: str
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    abstained: bool
    index: Ref
    prompt: Ref
    model: Ref
    release: Ref | None
    input_tokens: int
    output_tokens: int
    cost: float | None
    seconds: Mapping[str, float]
    at: datetime
    cached_tokens: int = 0
    calls: tuple[Call, ...] = ()
    conversation: Ref | None = None
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """What an answer used: tokens of the model that answered (0 where none was asked), and seconds per stage."""

    answer: Ref
    model: Ref
    question: str
    prompt_tokens: int
    answer_tokens: int
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Questions and answers that build on one another. `title` is the first question."""

    ref: Ref
    pipeline: str
    title: str
    turns: int
    started: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Situated:
    """What one ingest did to situate chunks: contexts that were `written`, and that were `known` before. `missing`
    chunks of the index have none, because of the `reasons`; they are tried again at the next ingest. `cost` is in USD,
    None where the model has no price."""

    written: int
    known: int
    missing: int
    reasons: tuple[str, ...]
    calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one ingest did to an index. `ref` names the index version; `embedded` counts texts sent to the model;
    `situated` is None where no model writes contexts."""

    ref: Ref
    dataset: Ref
    documents: int
    chunks: int
    added: int
    changed: int
    removed: int
    unchanged: int
    quarantined: int
    embedded: int
    seconds: Mapping[str, float]
    situated: Situated | None = None


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """A version of an index. The `current` one is searched unless another is asked for, a `readable` one can be asked
    for; `skipped` counts documents that could not be read. `at` is UTC, sortable as text; `bytes` is what the index
    took on disk when it was built, older versions included."""

    ref: Ref
    number: int
    pipeline: str
    dataset: Ref
    documents: int
    chunks: int
    skipped: int
    run: Ref | None
    at: str
    tags: tuple[str, ...]
    current: bool
    readable: bool
    settings: Mapping[str, str]
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class IndexDiff:
    """What changed from one version of an index to another: documents by key, chunks by number."""

    before: IndexInfo
    after: IndexInfo
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    chunks_added: int
    chunks_removed: int


@dataclass(frozen=True, slots=True)
class PrunedIndex:
    """What was forgotten: entries of the index and the bytes that this gave back, rows of chunks and vectors in the
    store, whose space the next ones use, and pictures of pages and maps."""

    entries: int
    bytes: int
    chunks: int
    vectors: int
    derived: int = 0


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document as the index holds it now."""

    document: Ref
    version: Ref
    key: str
    title: str
    media_type: str
    chunks: int
    characters: int
    pages: int
    meta: Meta
    notes: tuple[str, ...]
    indexed_at: datetime
