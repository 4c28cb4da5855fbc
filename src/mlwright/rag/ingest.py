"""Ingest: bring the index of a pipeline to the newest dataset of its source.

Each step is a function of what is stored, so that a run which was killed is continued by the next one: a version is
parsed and cut once, a text is embedded once, and the index is then brought from what it holds to what it should hold
in one change. The name of the new index version is planned before that change under the generation that the change
carries, so name and content switch together.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from mlwright.kernel.aio import in_thread, to_the_end
from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import stamp
from mlwright.kernel.errors import Unreadable
from mlwright.kernel.ids import Ref, digest
from mlwright.kernel.lineage import Edge
from mlwright.kernel.progress import Progress
from mlwright.kernel.spans import GenAI
from mlwright.rag import tables
from mlwright.rag.chunkers import embedded_of, embedded_text
from mlwright.rag.compute import Compute, ComputePart, Divided, Work
from mlwright.rag.indexes import Entry, Index
from mlwright.rag.places import Places
from mlwright.rag.ports import DocumentSource, Recorder, SourceDocument
from mlwright.rag.rows import Context, IndexVersion, NewChunk, StoredVersion
from mlwright.rag.shelf import Shelf
from mlwright.rag.situate import Situating, bare_of, contexts_of, metrics_of, try_again
from mlwright.rag.types import IndexReport, Parsed
from mlwright.rag.versions import IndexVersions

_BATCH_DOCUMENTS = 32
_BATCH_SMALL = 256
_BATCH_LITTLE = 128 << 10
_BATCH_BYTES = 4 << 20
_EMBED_TEXTS = 256
_SLICE = 4096


@dataclass(slots=True)
class _Tally:
    """What a run did, for its report. Seconds of batches that ran side by side are added up."""

    read: float = 0.0
    embed: float = 0.0
    index: float = 0.0
    embedded: int = 0
    sent: set[str] = field(default_factory=set)
    """Hashes of the texts that were given to the embedder."""
    started: float = field(default_factory=perf_counter)

    def seconds(self) -> dict[str, float]:
        return {"read": self.read, "embed": self.embed, "index": self.index, "total": perf_counter() - self.started}


@dataclass(frozen=True, slots=True)
class Ingest:
    """One run for one pipeline. The caller sees to it that no other runs on the same shelf."""

    pipeline: str
    kernel: Kernel
    work: Work
    compute: ComputePart
    source: DocumentSource
    record: Recorder
    shelf: Shelf
    index: Index
    versions: IndexVersions
    progress: Progress
    situating: Situating | None = None
    """What writes the contexts of chunks; None where nothing does."""
    afresh: bool = False
    """Compare everything again, also where the newest dataset is indexed already: for repair."""
    tally: _Tally = field(default_factory=_Tally)

    async def run(self) -> IndexReport:
        """Raises NotFound where the source was never ingested."""
        dataset, files = await in_thread(self.source.latest)
        current = await in_thread(self._current)
        if current and current.dataset == dataset and current.complete and not self.afresh:
            return self._report(current, {file.document.id: file.version.id for file in files}, files)
        past = await in_thread(self.versions.documents) if self.afresh else []
        with self.kernel.spans.span(f"index {self.pipeline}"):
            await self._read_and_embed(list({file.version: file for file in (*files, *past)}.values()))
            return await in_thread(self._switch, dataset, files, current)

    def _current(self) -> IndexVersion | None:
        return tables.index_at(self.kernel.store, self.shelf.name, self.index.generation)

    # --- documents to chunks with vectors

    async def _read_and_embed(self, files: Sequence[SourceDocument]) -> None:
        """A few batches side by side, as many as the compute is worth; each is kept before its texts are embedded."""
        known = await in_thread(tables.cut_versions, self.kernel.store, self.shelf.cutting)
        batches = _batches([file for file in files if file.version.id not in known])
        compute = await in_thread(self.compute.build, self.work)
        task = f"read and embed {self.pipeline}" + (f" on {compute.where}" if compute.where else "")
        waiting = iter(batches)

        async def work() -> None:
            for batch in waiting:
                with self.kernel.spans.span(f"read {self.pipeline}", {"documents": len(batch)}):
                    texts = await self._read(compute, batch)
                await self._embed(compute, texts)
                self.progress.step(task, len(batch))

        self.progress.start(task, sum(map(len, batches)))
        try:
            if self.situating is not None:
                self.progress.start(self.situating.task)
                current = {file.version.id for file in files} & known.keys()
                await try_again(self.situating, self.shelf.cutting, current)
            async with asyncio.TaskGroup() as group:
                for _ in range(min(compute.slots, len(batches))):
                    group.create_task(work())
            await self._embed(compute, await in_thread(self._left_over))
        except BaseExceptionGroup as several:
            raise _first(several) from None
        finally:
            await compute.close()
            if self.situating is not None:
                self.progress.end(self.situating.task)
            self.progress.end(task)

    async def _read(self, compute: Compute, batch: Sequence[SourceDocument]) -> dict[str, str]:
        """Parse, cut and situate documents and keep what came of it; the texts to embed, by hash."""
        began = perf_counter()
        contents = await in_thread(lambda: [(self.source.read(file.version), file.key) for file in batch])
        divided = await compute.read(contents)
        self.tally.read += perf_counter() - began
        contexts = await contexts_of(divided, self.situating)
        began = perf_counter()
        texts = await to_the_end(self._keep, batch, divided, contexts)
        self.tally.read += perf_counter() - began
        return texts

    def _keep(
        self,
        batch: Sequence[SourceDocument],
        divided: Sequence[Divided | Unreadable],
        contexts: Sequence[Sequence[Context | None]],
    ) -> dict[str, str]:
        failed = tables.unreadable(self.kernel.store, self.shelf.cutting)
        read, texts = [], {}
        for file, one, about in zip(batch, divided, contexts, strict=True):
            if isinstance(one, Unreadable):
                self.source.quarantine(file, one)
                tables.add_unreadable(self.kernel.store, self.shelf.cutting, file.version, one.reason)
                continue
            chunks, to_embed = self._chunks(file, one, about)
            read.append((file, one.parsed, chunks))
            self.tally.embedded += one.asked
            texts.update(to_embed)
        blobs = self.kernel.blobs.put_many(parsed.text.encode() for _, parsed, _ in read)
        cut = [(self._stored(file, parsed, b), chunks) for (file, parsed, chunks), b in zip(read, blobs, strict=True)]
        with self.kernel.store.transaction():
            for stored, chunks in cut:
                tables.add_version(self.kernel.store, stored, self.shelf.cutting, chunks)
            self.kernel.lineage.link_many(
                Edge(Ref("chunk", chunk.id), stored.version, "cut from") for stored, chunks in cut for chunk in chunks
            )
        readable = {stored.version for stored, _ in cut}
        for file in batch:
            if file.version.id in failed and file.version in readable:
                self.source.release(file)
        return texts

    def _stored(self, file: SourceDocument, parsed: Parsed, text: str) -> StoredVersion:
        at = stamp(self.kernel.clock.now())
        return StoredVersion(
            file.version, self.shelf.parsing, file.document, file.key, text, len(parsed.text), parsed, at
        )

    def _chunks(
        self, file: SourceDocument, divided: Divided, contexts: Sequence[Context | None]
    ) -> tuple[list[NewChunk], dict[str, str]]:
        parsed = divided.parsed
        places, texts, chunks = Places(parsed.text, parsed.pages), {}, []
        for place, (cut, context) in enumerate(zip(divided.cuts, contexts, strict=True)):
            body = parsed.text[cut.start : cut.end]
            embedded = embedded_text(parsed.title, cut.headings, body, context.body if context else "")
            name = digest(embedded.encode())
            texts[name] = embedded
            ref, span = self.shelf.chunk_ref(file.version, cut), places.span(cut.start, cut.end)
            chunks.append(NewChunk(ref.id, place, span, cut.headings, body, cut.tokens, name, cut.parent, context))
        return chunks, texts

    async def _embed(self, compute: Compute, texts: dict[str, str]) -> None:
        """Embed the texts that have no vector and are not being embedded for another batch."""
        began, store, model = perf_counter(), self.kernel.store, self.work.embedder.ref
        known = await in_thread(tables.known_vectors, store, model, list(texts))
        names = [name for name in texts if name not in known and name not in self.tally.sent]
        self.tally.sent.update(names)
        for start in range(0, len(names), _EMBED_TEXTS):
            some = names[start : start + _EMBED_TEXTS]
            with self.kernel.spans.span(f"{GenAI.EMBEDDINGS} {model.id}", {"texts": len(some)}):
                vectors = await compute.embed([texts[name] for name in some])
            packed = [vector.tobytes() for vector in np.asarray(vectors, dtype="<f2")]
            await to_the_end(tables.add_vectors, store, model, list(zip(some, packed, strict=True)))
            self.tally.embedded += len(some)
        self.tally.embed += perf_counter() - began

    def _left_over(self) -> dict[str, str]:
        """Texts of chunks that a killed run has written and not embedded."""
        ids = tables.without_vector(self.kernel.store, self.work.embedder.ref, self.shelf.cutting)
        texts = (embedded_of(chunk) for chunk in tables.chunks(self.kernel.store, ids).values())
        return {digest(text.encode()): text for text in texts}

    # --- chunks to the index

    def _switch(self, dataset: Ref, files: Sequence[SourceDocument], current: IndexVersion | None) -> IndexReport:
        began, store = perf_counter(), self.kernel.store
        cut = tables.cut_versions(store, self.shelf.cutting)
        readable = {file.document.id: file.version.id for file in files if file.version.id in cut}
        skipped = tuple(sorted(file.version.id for file in files if file.version.id not in cut))
        versions = set(readable.values())
        target = [chunk for chunk, version in tables.chunk_ids(store, self.shelf.cutting) if version in versions]
        bare = bare_of(target, self.situating, self.shelf.cutting)
        ref = self.shelf.index_ref(self.pipeline, dataset, skipped, bare)
        planned = IndexVersion(
            shelf=self.shelf.name,
            generation=max(self.index.generation, tables.last_generation(store, self.shelf.name)) + 1,
            ref=ref,
            pipeline=self.pipeline,
            dataset=dataset,
            documents=len(readable),
            chunks=len(target),
            skipped=skipped,
            settings=self.shelf.settings,
            run="",
            at=stamp(self.kernel.clock.now()),
            bare=bare,
        )
        if current is None or current.ref != ref or self.index.ids() != set(target):
            tables.put_index(store, planned)
            if current is not None:
                self.versions.make_room()
            with self.kernel.spans.span(f"write {self.pipeline}", {"chunks": len(target)}):
                self._apply(planned.generation, target, self._situated_since(current, bare), fresh=current is None)
        else:
            planned = current
        self.tally.index += perf_counter() - began
        report = self._report(planned, readable, files)
        tables.set_documents(store, self.shelf.name, readable, stamp(self.kernel.clock.now()))
        if not planned.run:
            self._tell(planned, current, report)
        elif self.afresh:
            self._link(planned, Ref("run", planned.run), None)
        return report

    @staticmethod
    def _situated_since(current: IndexVersion | None, bare: Collection[str]) -> set[str]:
        """Those that stand in the index without a context, and have one now."""
        return set(current.bare).difference(bare) if current else set()

    def _apply(self, generation: int, target: list[str], renewed: Collection[str], *, fresh: bool) -> None:
        """One change; where nobody reads the index yet, a series of them whose last one carries the generation.
        `renewed` entries are replaced."""
        present, wanted = self.index.ids() - set(renewed), set(target)
        add = [chunk for chunk in target if chunk not in present]
        task = f"index {self.pipeline}"
        self.progress.start(task, len(add))
        size = _SLICE if fresh else max(1, len(add))
        while len(add) > size:
            now, add = add[:size], add[size:]
            self.index.apply(0, *self._entries(now), [])
            self.progress.step(task, len(now))
        self.index.apply(generation, *self._entries(add), sorted(present - wanted))
        self.progress.step(task, len(add))
        self.progress.end(task)

    def _entries(self, ids: list[str]) -> tuple[list[Entry], NDArray[np.float32]]:
        found = tables.chunks(self.kernel.store, ids)
        packed = tables.vectors(self.kernel.store, self.work.embedder.ref, ids)
        entries = [Entry(id_, embedded_of(found[id_]), self.shelf.meta(found[id_])) for id_ in ids]
        rows = np.frombuffer(b"".join(packed[id_] for id_ in ids), dtype="<f2").reshape(-1, self.work.embedder.dims)
        vectors = rows.astype(np.float32)
        return entries, vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))

    # --- telling others

    def _report(self, index: IndexVersion, readable: dict[str, str], files: Sequence[SourceDocument]) -> IndexReport:
        before = tables.documents(self.kernel.store, self.shelf.name)
        same = sum(before.get(document) == version for document, version in readable.items())
        added = sum(document not in before for document in readable)
        return IndexReport(
            ref=index.ref,
            dataset=index.dataset,
            documents=index.documents,
            chunks=index.chunks,
            added=added,
            changed=len(readable) - same - added,
            removed=sum(document not in readable for document in before),
            unchanged=same,
            quarantined=len(files) - len(readable),
            embedded=self.tally.embedded,
            seconds=self._seconds(),
            situated=self.situating.situated(len(index.bare)) if self.situating else None,
        )

    def _seconds(self) -> dict[str, float]:
        seconds = self.tally.seconds()
        return {**seconds, "situate": self.situating.seconds} if self.situating else seconds

    def _tell(self, index: IndexVersion, before: IndexVersion | None, report: IndexReport) -> None:
        """Record the build as a run, and where the index came from."""
        counts = ("documents", "chunks", "added", "changed", "removed", "unchanged", "quarantined", "embedded")
        metrics = {name: float(getattr(report, name)) for name in counts}
        metrics |= {f"seconds_{stage}": seconds for stage, seconds in report.seconds.items()}
        metrics |= metrics_of(report.situated)
        uses = (index.dataset, self.work.embedder.ref, *self._writers().values())
        run = self.record(f"index {self.pipeline}", dict(index.settings), metrics, uses, index.ref)
        self._link(index, run, before)
        tables.put_index(self.kernel.store, replace(index, run=run.id, bytes=self.index.stats().bytes))

    def _link(self, index: IndexVersion, run: Ref, before: IndexVersion | None) -> None:
        edges = [
            Edge(index.ref, index.dataset, "built from"),
            Edge(index.ref, self.work.embedder.ref, "embedded by"),
            Edge(index.ref, run, "built by"),
            *(Edge(index.ref, ref, how) for how, ref in self._writers().items()),
        ]
        if before is not None and before.ref != index.ref:
            edges.append(Edge(index.ref, before.ref, "follows"))
        self.kernel.lineage.link_many(edges)

    def _writers(self) -> dict[str, Ref]:
        """What wrote the contexts of chunks, by the way in which it did."""
        if self.situating is None:
            return {}
        writer = self.situating.writer
        return {"situated by": writer.model.ref, "situated with": writer.prompt.ref}


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error itself, since one is enough to tell."""
    error: BaseException = several
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _batches(files: Sequence[SourceDocument]) -> list[list[SourceDocument]]:
    """A few documents, or a few megabytes, at a time; more documents where they are small."""
    batches: list[list[SourceDocument]] = []
    size = 0
    for file in files:
        most = _BATCH_SMALL if size < _BATCH_LITTLE else _BATCH_DOCUMENTS
        if not batches or len(batches[-1]) >= most or size + file.size > _BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(file)
        size += file.size
    return batches
