"""The versions of an index: which there are, what differs between two, tags that keep one, and pruning the rest."""

import re
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import stamp
from mlwright.kernel.errors import Conflict, NotFound, UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.locks import exclusive
from mlwright.rag import tables
from mlwright.rag.indexes import Index
from mlwright.rag.ports import DocumentSource, SourceDocument
from mlwright.rag.rows import IndexVersion
from mlwright.rag.shelf import Shelf
from mlwright.rag.spec import IndexSpec
from mlwright.rag.types import IndexDiff, IndexInfo, PrunedIndex

_TAG = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
_NUMBER = re.compile(r"#?(\d{1,18})")
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?Z?")
_FEW_CHUNKS = 256
_END_OF_DAY = "0000-00-00T23:59:59.999999"
HINT = "`mlwright index list` shows the versions"


@dataclass(frozen=True, slots=True)
class IndexVersions:
    """Those of one pipeline as it is set now: another chunker, embedder or store begins an index of its own.

    A version is named by its number, its reference, a tag, or a time (UTC): the one that was searched then."""

    pipeline: str
    kernel: Kernel
    shelf: Shelf
    index: Callable[[], Index]
    source: DocumentSource
    spec: IndexSpec

    def all(self) -> list[IndexInfo]:
        """Every version that was ever searched, the newest first."""
        index = self.index()
        readable, current = set(index.retained()), index.generation
        tags = self._tags()
        return [
            _info(found, tags.get(found.generation, ()), current, found.generation in readable)
            for found in self._rows(current)
        ]

    def find(self, name: str) -> IndexVersion:
        """A version by name. Raises NotFound, UserError for what is no name."""
        rows = self._rows(self.index().generation)
        for found in _named(name, rows, self._tags()):
            return found
        raise NotFound(f"the index of {self.pipeline!r} has no version {name!r}", hint=HINT)

    def readable(self, name: str) -> IndexVersion:
        """A version that can be searched. Raises NotFound where there is none, or it is no longer kept."""
        found, kept = self.find(name), self.index().retained()
        if found.generation not in kept:
            raise NotFound(
                f"version #{found.generation} of the index of {self.pipeline!r} is no longer kept",
                hint=f"kept are: {', '.join(f'#{one}' for one in kept)}; tag a version to keep it",
            )
        return found

    def tag(self, name: str, tag: str) -> IndexInfo:
        """Keep a version, under a name. Raises Conflict where another version has that name, NotFound where the version
        is no longer kept."""
        if not _TAG.fullmatch(tag):
            raise UserError(
                f"{tag!r} is no tag", hint="begin with a letter; then letters, digits, dots, dashes and underscores"
            )
        found = self.readable(name)
        at = tables.index_tags(self.kernel.store, self.shelf.name).get(tag, found.generation)
        if at != found.generation:
            raise Conflict(f"version #{at} has the tag {tag!r}", hint=f"take it off first: mlwright index untag {tag}")
        tables.add_index_tag(self.kernel.store, self.shelf.name, tag, found.generation, stamp(self.kernel.clock.now()))
        self.retain()
        return self._told(found)

    def untag(self, tag: str) -> IndexInfo:
        """Take a name off; the version stays as long as its age allows. Raises NotFound."""
        if tag not in tables.index_tags(self.kernel.store, self.shelf.name):
            raise NotFound(f"the index of {self.pipeline!r} has no tag {tag!r}", hint=HINT)
        found = self.find(tag)
        tables.remove_index_tag(self.kernel.store, self.shelf.name, tag)
        self.retain()
        return self._told(found)

    def retain(self) -> None:
        """Tell the index what stays readable: the newest versions and those with a tag."""
        self._retain(self.spec.keep)

    def make_room(self) -> None:
        """Before a change: as `retain`, but leave room for the version that comes."""
        self._retain(self.spec.keep - 1)

    def _retain(self, newest: int) -> None:
        index, since = self.index(), stamp(self.kernel.clock.now() - timedelta(days=self.spec.keep_days))
        rows = self._rows(index.generation)
        recent = [found for found in rows if found.at >= since] if self.spec.keep_days else []
        tagged = tables.index_tags(self.kernel.store, self.shelf.name).values()
        index.retain({*(found.generation for found in (*rows[:newest], *recent)), *tagged})

    def datasets(self) -> set[Ref]:
        """Those of the versions that can be searched."""
        kept = self.index().retained()
        return {found.dataset for found in self._rows(kept[-1]) if found.generation in kept}

    def wasteful(self) -> bool:
        """Does the store hold more chunks that nobody may need than those of the present version?"""
        index = self.index()
        current = tables.index_at(self.kernel.store, self.shelf.name, index.generation)
        known = tables.count_chunks(self.kernel.store, self.shelf.cutting)
        return current is not None and known > 2 * current.chunks + _FEW_CHUNKS

    def documents(self) -> list[SourceDocument]:
        """The documents of all versions that can be searched, each version of a document once."""
        every = (file for ref in sorted(self.datasets()) for file in self.source.documents(ref))
        return list({file.version: file for file in every}.values())

    def contents(self, name: str) -> dict[str, Ref]:
        """The documents of a version: by key, the version of each. Raises NotFound."""
        return {key: Ref("version", version) for version, key in self._documents(self.find(name)).values()}

    def diff(self, before: str, after: str) -> IndexDiff:
        """What changed between two versions, in documents by key, and in chunks. Raises NotFound."""
        old, new = self.find(before), self.find(after)
        was, now = self._documents(old), self._documents(new)
        lost, won = {was[one][1] for one in was.keys() - now.keys()}, {now[one][1] for one in now.keys() - was.keys()}
        had, has = (
            tables.chunks_in(self.kernel.store, self.shelf.cutting, [version for version, _ in side.values()])
            for side in (was, now)
        )
        return IndexDiff(
            before=self._told(old),
            after=self._told(new),
            added=tuple(sorted(won)),
            changed=tuple(sorted(now[one][1] for one in was.keys() & now.keys() if was[one][0] != now[one][0])),
            removed=tuple(sorted(lost)),
            chunks_added=len(has - had),
            chunks_removed=len(had - has),
        )

    def prune(self, shared: Sequence[Ref] = ()) -> PrunedIndex:
        """Forget what no kept version holds, in the index and in the store: chunks that neither a kept version of this
        index nor the newest or a tagged one of another has and that no answer has shown, and vectors without a chunk.
        What documents said stays, since lineage leads there. `shared` are datasets that others may be indexing now, or
        keep.

        Raises NotFound where the source was never ingested."""
        self.retain()
        done = self.index().prune()
        self.kernel.store.flush()  # the latest answers
        needed = self.datasets() | {*tables.datasets_in_use(self.kernel.store), self.source.latest()[0], *shared}
        versions = {file.version.id for ref in needed for file in self.source.documents(ref)}
        chunks, vectors = tables.forget_chunks(self.kernel.store, self.shelf.cutting, versions)
        return PrunedIndex(done.entries, done.bytes, chunks, vectors)

    def _rows(self, current: int) -> list[IndexVersion]:
        """The newest first; a change that was planned and never made is none."""
        return tables.index_versions(self.kernel.store, self.shelf.name, current)

    def _tags(self) -> dict[int, tuple[str, ...]]:
        tags: dict[int, tuple[str, ...]] = {}
        for tag, generation in sorted(tables.index_tags(self.kernel.store, self.shelf.name).items()):
            tags[generation] = (*tags.get(generation, ()), tag)
        return tags

    def _documents(self, found: IndexVersion) -> dict[str, tuple[str, str]]:
        """Document to version and key."""
        files = self.source.documents(found.dataset)
        return {file.document.id: (file.version.id, file.key) for file in files if file.version.id not in found.skipped}

    def _told(self, found: IndexVersion) -> IndexInfo:
        index = self.index()
        tags = self._tags().get(found.generation, ())
        return _info(found, tags, index.generation, found.generation in index.retained())


def forget_shelves(kernel: Kernel, used: Collection[str]) -> int:
    """Take away the folders of indexes that no pipeline uses any more, unless a version in them has a tag. How many."""
    folders = [one for one in sorted((kernel.home / "indexes").glob("*-*")) if one.is_dir() and one.name not in used]
    gone = [one for one in folders if not tables.index_tags(kernel.store, one.name)]
    for folder in gone:
        with exclusive(folder / "ingest.lock", f"the index in {folder}"):
            leaving = folder.rename(folder.with_name(f"{folder.name}.gone"))
        shutil.rmtree(leaving)
    return len(gone)


def _named(name: str, rows: Sequence[IndexVersion], tags: dict[int, tuple[str, ...]]) -> list[IndexVersion]:
    """Those that a name means, the newest first."""
    if number := _NUMBER.fullmatch(name):
        return [found for found in rows if found.generation == int(number[1])]
    if _TIME.fullmatch(name):
        until = name.replace(" ", "T").rstrip("Z")
        until += _END_OF_DAY[len(until) :]
        return [found for found in rows if found.at.rstrip("Z") <= until]
    if name == "current":
        return list(rows[:1])
    id_ = name.removeprefix("index:")
    return [found for found in rows if found.ref.id == id_ or name in tags.get(found.generation, ())]


def _info(found: IndexVersion, tags: tuple[str, ...], current: int, readable: bool) -> IndexInfo:
    return IndexInfo(
        ref=found.ref,
        number=found.generation,
        pipeline=found.pipeline,
        dataset=found.dataset,
        documents=found.documents,
        chunks=found.chunks,
        skipped=len(found.skipped),
        run=Ref("run", found.run) if found.run else None,
        at=found.at,
        tags=tags,
        current=found.generation == current,
        readable=readable,
        bytes=found.bytes,
        settings=found.settings,
    )
