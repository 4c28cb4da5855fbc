"""Rows of RAG's tables, as types."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mlwright.kernel.clock import unstamp
from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Row
from mlwright.rag.types import Answer, Block, Call, Chunk, Citation, DocumentInfo, Hit, Parsed, Span, Used, meta_of


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A parsed version without its text, which is the blob `text_sha256`."""

    version: Ref
    format: str
    document: Ref
    key: str
    text_sha256: str
    characters: int
    parsed: Parsed
    parsed_at: str


@dataclass(frozen=True, slots=True)
class NewChunk:
    """A chunk to be written: `place` is its number in the document, `embedded_sha256` names what is embedded."""

    id: str
    place: int
    span: Span
    headings: tuple[str, ...]
    text: str
    tokens: int
    embedded_sha256: str
    parent: tuple[int, int] | None = None
    context: "Context | None" = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a model wrote of a chunk's place in its document; `key` names everything that it was given."""

    key: str
    body: str


@dataclass(frozen=True, slots=True)
class IndexVersion:
    """An index version. `run` is empty until its build was recorded; `settings` say how it was made."""

    shelf: str
    generation: int
    ref: Ref
    pipeline: str
    dataset: Ref
    documents: int
    chunks: int
    skipped: tuple[str, ...]
    settings: Mapping[str, str]
    run: str
    at: str
    bytes: int = 0
    """What the files of the index took on disk when it was built."""
    bare: tuple[str, ...] = ()
    """The chunks that stand in it without a context, because the model gave none."""

    @property
    def complete(self) -> bool:
        """Is nothing left to do or to try again?"""
        return bool(self.run) and not self.skipped and not self.bare


def version_from(row: Row) -> StoredVersion:
    parsed = Parsed(
        text="",
        blocks=tuple(Block(*block) for block in json.loads(row["blocks"])),
        title=row["title"],
        pages=tuple(json.loads(row["pages"])),
        meta=meta_of(json.loads(row["meta"])),
        media_type=row["media_type"],
        notes=tuple(json.loads(row["notes"])),
    )
    return StoredVersion(
        Ref("version", row["version"]), row["format"], Ref("document", row["document"]), row["key"], row["text_sha256"],
        row["characters"], parsed, row["parsed_at"],
    )  # fmt: skip


def chunk_from(row: Row) -> Chunk:
    return Chunk(
        ref=Ref("chunk", row["chunk"]),
        version=Ref("version", row["version"]),
        document=Ref("document", row["document"]),
        key=row["key"],
        title=row["title"],
        headings=tuple(json.loads(row["headings"])),
        span=Span(row["char_start"], row["char_end"], row["line_start"], row["line_end"], row["page"]),
        text=row["body"],
        tokens=row["tokens"],
        meta=meta_of(json.loads(row["meta"])),
        parent=(row["parent_start"], row["parent_end"]) if row["parent_end"] else None,
        context=row["context"],
    )


def info_from(row: Row) -> DocumentInfo:
    return DocumentInfo(
        document=Ref("document", row["document"]),
        version=Ref("version", row["version"]),
        key=row["key"],
        title=row["title"],
        media_type=row["media_type"],
        chunks=row["chunks"],
        characters=row["characters"],
        pages=len(json.loads(row["pages"])),
        meta=meta_of(json.loads(row["meta"])),
        notes=tuple(json.loads(row["notes"])),
        indexed_at=unstamp(row["indexed_at"]),
    )


def index_from(row: Row) -> IndexVersion:
    return IndexVersion(
        row["shelf"], row["generation"], Ref("index", row["index_id"]), row["pipeline"], Ref("dataset", row["dataset"]),
        row["documents"], row["chunks"], tuple(json.loads(row["skipped"])), json.loads(row["settings"]), row["run"],
        row["built_at"], int(row["bytes"]), tuple(json.loads(row["bare"])),
    )  # fmt: skip


def citation_json(citation: Citation) -> dict[str, Any]:
    plain = asdict(citation)
    return {**plain, **{name: plain[name]["id"] for name in ("chunk", "version", "document")}}


def _citation(plain: Mapping[str, Any]) -> Citation:
    refs = {name: Ref(name, plain[name]) for name in ("chunk", "version", "document")}
    return Citation(**{**plain, **refs, "span": Span(**plain["span"])})


def answer_from(row: Row, known: Mapping[str, Chunk]) -> Answer:
    hits = json.loads(row["hits"])
    return Answer(
        ref=Ref("answer", row["answer"]),
        pipeline=row["pipeline"],
        question=row["question"],
        text=row["body"],
        citations=tuple(_citation(plain) for plain in json.loads(row["citations"])),
        hits=tuple(Hit(known[id_], *scores) for id_, *scores in hits if id_ in known),
        abstained=bool(row["abstained"]),
        index=Ref("index", row["index_id"]),
        prompt=Ref("prompt", row["prompt"]),
        model=Ref("model", row["model"]),
        release=Ref("release", row["release"]) if row["release"] else None,
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cost=row["cost"],
        seconds=json.loads(row["seconds"]),
        at=unstamp(row["answered_at"]),
        cached_tokens=row["cached_tokens"],
        calls=tuple(Call(Ref("model", model), *counted) for model, *counted in json.loads(row["calls"])),
        conversation=Ref("conversation", row["conversation"]) if row["conversation"] else None,
        asked=row["asked"],
    )


def used_from(row: Row) -> Used:
    """The tokens are those of the model that answered, which is the last that was called."""
    calls = json.loads(row["calls"])
    read, said = (calls[-1][1], calls[-1][2]) if calls and calls[-1][0] == row["model"] else (0, 0)
    return Used(
        answer=Ref("answer", row["answer"]),
        model=Ref("model", row["model"]),
        question=row["question"],
        prompt_tokens=read,
        answer_tokens=said,
        seconds=json.loads(row["seconds"]),
    )
