"""What the refs of RAG mean to people, and the texts behind them."""

from dataclasses import replace

from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound
from mlwright.kernel.ids import Ref
from mlwright.kernel.lineage import Described
from mlwright.kernel.store import Store
from mlwright.rag import tables
from mlwright.rag.places import told
from mlwright.rag.types import Answer, Citation, Parsed

_SHORT = 80


def text(kernel: Kernel, version: Ref) -> Parsed:
    """A version as it was parsed last. Raises NotFound."""
    stored = tables.version(kernel.store, version)
    if stored is None:
        raise NotFound(f"{version} was never parsed here", hint="mlwright ingest reads the documents")
    return replace(stored.parsed, text=kernel.blobs.get(stored.text_sha256).decode())


def resolves(kernel: Kernel, citation: Citation) -> bool:
    """Do the quoted words stand at the cited place, to the character?"""
    try:
        parsed = text(kernel, citation.version)
    except NotFound:
        return False
    return parsed.text[citation.span.start : citation.span.end] == citation.quote != ""


def answers(store: Store, limit: int = 100) -> list[Answer]:
    """The newest answers of all pipelines, newest first."""
    store.migrate("mlwright.rag")
    return tables.answers(store, limit)


def answer_of(store: Store, ref: Ref) -> Answer:
    """A kept answer. Raises NotFound."""
    store.migrate("mlwright.rag")
    found = tables.answer_of(store, ref)
    if found is None:
        raise NotFound(f"there is no {ref} here", hint="mlwright status lists the latest answers")
    return found


def described(store: Store, ref: Ref) -> Described | None:
    """None for what RAG does not know."""
    match ref.kind:
        case "version":
            return _version(store, ref)
        case "document":
            return _document(store, ref)
        case "chunk":
            return _chunk(store, ref)
        case "index":
            return _index(store, ref)
        case "prompt":
            return _prompt(store, ref)
        case "answer":
            return _answer(store, ref)
        case "model":
            return Described(ref, ref.id, {})
    return None


def _version(store: Store, ref: Ref) -> Described | None:
    stored = tables.version(store, ref)
    if stored is None:
        return None
    facts = {
        "file": stored.key,
        "title": stored.parsed.title,
        "type": stored.parsed.media_type,
        "characters": str(stored.characters),
        "pages": str(len(stored.parsed.pages) or ""),
        "parsed": stored.parsed_at,
        "notes": "; ".join(stored.parsed.notes),
    }
    return Described(ref, stored.key, _said(facts))


def _document(store: Store, ref: Ref) -> Described | None:
    versions = tables.versions_of(store, ref)
    if not versions:
        return None
    latest = versions[0]
    return Described(
        ref, latest.key, _said({"file": latest.key, "title": latest.parsed.title, "versions": str(len(versions))})
    )


def _chunk(store: Store, ref: Ref) -> Described | None:
    chunk = tables.chunks(store, [ref.id]).get(ref.id)
    if chunk is None:
        return None
    facts = {
        "file": chunk.key,
        "section": " > ".join(chunk.headings),
        "page": str(chunk.span.page or ""),
        "lines": f"{chunk.span.line_start}-{chunk.span.line_end}",
        "characters": f"{chunk.span.start}-{chunk.span.end}",
        "context": chunk.context,
        "text": _short(chunk.text),
    }
    return Described(ref, told(chunk.key, chunk.span), _said(facts))


def _index(store: Store, ref: Ref) -> Described | None:
    index = tables.index_of(store, ref)
    if index is None:
        return None
    facts = {
        "pipeline": index.pipeline,
        "documents": str(index.documents),
        "chunks": str(index.chunks),
        "left out": str(len(index.skipped) or ""),
        "chunks without context": str(len(index.bare) or ""),
        "embedder": index.settings.get("embedder", ""),
        "built": index.at,
    }
    return Described(ref, f"index of {index.pipeline}, {index.chunks} chunks", _said(facts))


def _prompt(store: Store, ref: Ref) -> Described | None:
    body = tables.prompt_text(store, ref)
    return None if body is None else Described(ref, f"prompt {ref.id[:8]}", {"text": body})


def _answer(store: Store, ref: Ref) -> Described | None:
    answer = tables.answer_of(store, ref)
    if answer is None:
        return None
    facts = {
        "question": answer.question,
        "answer": _short(answer.text),
        "pipeline": answer.pipeline,
        "citations": str(len(answer.citations)),
        "abstained": "yes" if answer.abstained else "",
        "cost": "no price" if answer.cost is None else f"{answer.cost:.6f} USD",
        "seconds": f"{answer.seconds.get('total', 0.0):.3f}",
        "answered": answer.at.isoformat(timespec="seconds"),
    }
    return Described(ref, _short(answer.question), _said(facts))


def _said(facts: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHORT else plain[: _SHORT - 1].rstrip() + "…"
