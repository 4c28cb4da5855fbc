"""Agreement: do the files of an index, the rows of the store and the lineage say the same, and how to mend them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import MlwrightError
from mlwright.kernel.ids import Ref
from mlwright.rag import tables
from mlwright.rag.indexes import Damage, Index
from mlwright.rag.ports import DocumentSource
from mlwright.rag.rows import IndexVersion
from mlwright.rag.shelf import Shelf

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Agreement:
    """The checks of one index. They read all of it."""

    pipeline: str
    kernel: Kernel
    shelf: Shelf
    index: Callable[[], Index]
    source: DocumentSource
    embedder: Ref

    def verify(self) -> list[Damage]:
        """What is damaged or disagrees; nothing where all is well, or nothing was indexed yet."""
        index = self.index()
        current = tables.index_at(self.kernel.store, self.shelf.name, index.generation)
        if current is None and not index.generation and (known := tables.documents(self.kernel.store, self.shelf.name)):
            return [Damage("index", f"it is empty, and the store knows of {len(known):,} documents in it")]
        if current is None:
            return [
                Damage("rows", f"the index is at version #{index.generation}, of which the store knows nothing")
            ] * (index.generation > 0)
        return [*index.verify(), *self._of_rows(index, current), *self._of_texts(current), *self._of_lineage(current)]

    def forget(self) -> None:
        """Mend the files of the index, and forget what is incomplete, so that the next ingest makes it again. Raises
        ProviderError where the files cannot be mended."""
        self.index().repair()
        for version in sorted(self._incomplete()):
            tables.uncut(self.kernel.store, self.shelf.cutting, version)

    def _of_rows(self, index: Index, current: IndexVersion) -> list[Damage]:
        store, cutting = self.kernel.store, self.shelf.cutting
        readable = self._readable(current)
        expected = tables.chunks_in(store, cutting, list(readable.values()))
        held = index.ids()
        seen = set[str]().union(*(index.ids(generation) for generation in index.retained()))
        problems = [
            _damage("index", "does not hold the chunk", expected - held),
            _damage("index", "holds a chunk of no document", held - expected),
            _damage(
                "rows", "there is none of the chunk", seen - {chunk for chunk, _ in tables.chunk_ids(store, cutting)}
            ),
            _damage("rows", "no vector is kept of the chunk", expected & set(self._without_vector())),
            _damage("rows", "the document was never cut", self._uncut(readable)),
        ]
        shown = tables.documents(store, self.shelf.name)
        if shown != readable:
            differ = {one for one in {*shown, *readable} if shown.get(one) != readable.get(one)}
            problems.append(_damage("rows", "the list of documents differs from the dataset in", differ))
        return [one for one in problems if one is not None]

    def _of_texts(self, current: IndexVersion) -> list[Damage]:
        """Citations are held against these texts."""
        lost = {version for version in self._readable(current).values() if not self._has_text(version)}
        found = _damage("texts", "the text is lost or damaged of version", lost)
        return [found] if found else []

    def _of_lineage(self, current: IndexVersion) -> list[Damage]:
        edges = {edge.how for edge in self.kernel.lineage.up(current.ref, depth=1).edges}
        missing = {"built from", "embedded by", "built by"} - edges
        chunks = tables.chunks_in(self.kernel.store, self.shelf.cutting, list(self._readable(current).values()))
        loose = self.kernel.lineage.without(sorted(Ref("chunk", chunk) for chunk in chunks), "cut from")
        problems = [
            _damage("lineage", f"of {current.ref} lacks the edge", missing),
            _damage("lineage", "leads from no document to", {str(ref) for ref in loose}),
        ]
        return [one for one in problems if one is not None]

    def _readable(self, current: IndexVersion) -> dict[str, str]:
        files = self.source.documents(current.dataset)
        return {file.document.id: file.version.id for file in files if file.version.id not in current.skipped}

    def _uncut(self, readable: dict[str, str]) -> set[str]:
        return set(readable.values()) - tables.cut_versions(self.kernel.store, self.shelf.cutting).keys()

    def _without_vector(self) -> Sequence[str]:
        return tables.without_vector(self.kernel.store, self.embedder, self.shelf.cutting)

    def _has_text(self, version: str) -> bool:
        stored = tables.version(self.kernel.store, Ref("version", version), self.shelf.parsing)
        try:
            return stored is not None and len(self.kernel.blobs.get(stored.text_sha256)) >= 0
        except MlwrightError:
            return False

    def _incomplete(self) -> set[str]:
        """Versions whose text, chunks or edges are not what they were when they were kept."""
        store, cutting = self.kernel.store, self.shelf.cutting
        counted = tables.cut_versions(store, cutting)
        there = tables.chunk_counts(store, cutting)
        wrong = {version for version, chunks in counted.items() if there.get(version, 0) != chunks}
        rows = tables.chunk_ids(store, cutting)
        loose = {ref.id for ref in self.kernel.lineage.without([Ref("chunk", chunk) for chunk, _ in rows], "cut from")}
        return (
            wrong
            | {version for chunk, version in rows if chunk in loose}
            | {version for version in counted if not self._has_text(version)}
        )


def _damage(place: str, problem: str, what: set[str]) -> Damage | None:
    """None where there is nothing; else how many, and the first few by name."""
    if not what:
        return None
    some = ", ".join(sorted(what)[:_NAMED])
    more = f" and {len(what) - _NAMED:,} more" if len(what) > _NAMED else ""
    return Damage(place, f"{problem} {some}{more}")
