"""What the architect and the pages may know of a pipeline without asking for more."""

from dataclasses import dataclass
from pathlib import Path

from mlwright.kernel.errors import NotFound
from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store
from mlwright.rag import tables
from mlwright.rag.ports import DocumentSource
from mlwright.rag.rows import IndexVersion
from mlwright.rag.shelf import Shelf


@dataclass(frozen=True, slots=True)
class RagReport:
    """`index` is None before the first ingest; `bytes` are those of its files; `stale` counts the documents that the
    newest dataset has added, changed or removed since it was built, `skipped` those that could not be read, `labelled`
    those that say themselves who may see them (`acl`)."""

    index: Ref | None
    dataset: Ref | None
    built_at: str
    documents: int
    chunks: int
    skipped: int
    stale: int
    bytes: int
    labelled: int = 0


def report(store: Store, shelf: Shelf, home: Path, source: DocumentSource, current: IndexVersion | None) -> RagReport:
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) if home.exists() else 0
    stale = _stale(store, shelf, source, current)
    if current is None:
        return RagReport(None, None, "", 0, 0, 0, stale, size)
    labelled = tables.labelled(store, shelf.name, shelf.parsing)
    return RagReport(
        current.ref, current.dataset, current.at, current.documents, current.chunks, len(current.skipped), stale, size,
        labelled,
    )  # fmt: skip


def _stale(store: Store, shelf: Shelf, source: DocumentSource, current: IndexVersion | None) -> int:
    try:
        dataset, files = source.latest()
    except NotFound:
        return 0
    if current is not None and current.dataset == dataset:
        return 0
    held = tables.documents(store, shelf.name)
    skipped = current.skipped if current else ()
    newest = {file.document.id: file.version.id for file in files if file.version.id not in skipped}
    return sum(held.get(document) != version for document, version in newest.items()) + sum(
        document not in newest for document in held
    )
