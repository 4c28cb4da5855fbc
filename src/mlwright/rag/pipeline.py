"""Rag: one pipeline of a blueprint, open for use."""

import re
import shutil
import threading
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from mlwright.kernel.aio import in_thread
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, ProviderError
from mlwright.kernel.ids import Ref
from mlwright.kernel.lineage import Described
from mlwright.kernel.locks import exclusive
from mlwright.kernel.progress import Progress, silent
from mlwright.models import ChatModel, Embedder, EmbedPart, Price, RerankChoice
from mlwright.rag import describe, tables
from mlwright.rag.agreement import Agreement
from mlwright.rag.answer import Answerer
from mlwright.rag.compute import ComputePart, Work
from mlwright.rag.conversations import Conversations
from mlwright.rag.derived import Derived
from mlwright.rag.filters import Where, as_filter
from mlwright.rag.indexes import Damage, Index
from mlwright.rag.map import Maps
from mlwright.rag.named import Named
from mlwright.rag.originals import Originals
from mlwright.rag.ports import DocumentSource, Recorder
from mlwright.rag.prompt import Prompt
from mlwright.rag.remembered import Remembered
from mlwright.rag.report import RagReport, report
from mlwright.rag.retrieve import Retriever
from mlwright.rag.rows import IndexVersion
from mlwright.rag.shelf import Shelf
from mlwright.rag.situate import Writer
from mlwright.rag.spec import PipelineSpec
from mlwright.rag.texts import Texts
from mlwright.rag.trial import trial
from mlwright.rag.types import (
    Answer,
    Chunk,
    Citation,
    DocumentInfo,
    IndexReport,
    Meta,
    Parsed,
    PrunedIndex,
    Retrieval,
    Token,
    Turn,
)
from mlwright.rag.versions import IndexVersions

LOCK = "ingest.lock"


class Rag:
    """A pipeline: documents in, cited answers out. Safe to use from many tasks and threads at once."""

    def __init__(
        self,
        name: str,
        spec: PipelineSpec,
        kernel: Kernel,
        embedder: Embedder,
        chat: Mapping[str, ChatModel],
        prices: Mapping[str, Price | None],
        source: DocumentSource,
        record: Recorder,
        prompt: Prompt,
        compute: ComputePart,
        embed: EmbedPart | None,
        rerank: RerankChoice | None,
        writer: Writer | None,
    ) -> None:
        self.name, self.spec = name, spec
        self._kernel, self._embedder, self._prompt = kernel, embedder, prompt
        self._source, self._record = source, record
        self._compute, self._writer = compute, writer
        self._work = Work(spec.chunk, embedder, embed, spec.parse, writer.room if writer else 0)
        self._shelf = Shelf.of(name, spec, embedder, writer.identity if writer else None)
        self._home = kernel.home / "indexes" / self._shelf.name
        self._opened: Index | None = None
        self._opening = threading.Lock()
        self.conversations = Conversations(kernel, spec.generate.history.keep)
        self.originals = Originals(kernel, source, spec.parse, self._derived())
        self.maps = Maps(name, kernel, self._shelf, self._index, embedder, self._derived())
        self.index_versions = IndexVersions(name, kernel, self._shelf, self._index, source, spec.index)
        rewriter = spec.retrieve.rewrite.build(chat.get(spec.retrieve.rewrite.facts().chat))
        self._retriever = Retriever(
            name, spec, kernel, embedder, self._shelf, self._index, self.index_versions, rewriter,
            Named(spec.retrieve.extract, self._fields), rerank, prices, Remembered(spec.retrieve.cache),
        )  # fmt: skip
        self._answerer = Answerer(
            name, spec.generate, kernel, embedder, chat, prices, prompt, self._retriever, Texts(kernel),
            self.conversations,
        )  # fmt: skip

    # --- verbs

    async def ingest(self, progress: Progress = silent) -> IndexReport:
        """Bring the index to the newest dataset. It is searchable as it was until the end, and then as it should be.

        A run that was killed is continued. Raises Conflict while another one is at it, and NotFound where the source
        was never ingested."""
        with self._alone():
            report = await self._ingest(progress)
            await in_thread(self._derived().tidy)
            return report

    def verify(self) -> list[Damage]:
        """What is damaged in the index, or disagrees between index, store and lineage. Reads all of them."""
        with self._alone():
            return self._damage()

    async def repair(self, progress: Progress = silent) -> list[Damage]:
        """Mend what `verify` finds: what is damaged is made again from the documents. Returns what was found."""
        with self._alone():
            found = await in_thread(self._damage)
            await in_thread(self._forget)
            await self._ingest(progress, afresh=True)
        return found

    def _damage(self) -> list[Damage]:
        try:
            return self._agreement().verify()
        except ProviderError as error:
            return [Damage("index", error.message)]

    def _forget(self) -> None:
        """Mend what can be mended. Files that say nothing any more go: all that they held stands in the store."""
        try:
            self._agreement().forget()
        except ProviderError:
            self.close()
            for path in self._home.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.name != LOCK:
                    path.unlink()

    def prune(self, shared: Sequence[Ref] = ()) -> PrunedIndex:
        """Forget what no kept version of the index needs: see `IndexVersions.prune`; and pictures of pages and maps of
        what the present one does not hold."""
        with self._alone():
            return replace(self.index_versions.prune(shared), derived=self._derived().tidy())

    def _derived(self) -> Derived:
        return Derived(self._kernel, self.name, self._shelf.name, self.index_ref)

    def _alone(self) -> AbstractContextManager[None]:
        return exclusive(self._home / LOCK, f"ingesting {self.name}")

    def _agreement(self) -> Agreement:
        return Agreement(self.name, self._kernel, self._shelf, self._index, self._source, self._embedder.ref)

    async def _ingest(self, progress: Progress, *, afresh: bool = False) -> IndexReport:
        from mlwright.rag.ingest import Ingest  # loads numpy

        return await Ingest(
            pipeline=self.name,
            kernel=self._kernel,
            work=self._work,
            compute=self._compute,
            source=self._source,
            record=self._record,
            shelf=self._shelf,
            index=await in_thread(self._index),
            versions=self.index_versions,
            progress=progress,
            situating=self._writer.begun(self.name, self._kernel, self._embedder, progress) if self._writer else None,
            afresh=afresh,
        ).run()

    async def retrieve(
        self,
        question: str,
        *,
        top: int | None = None,
        where: Where | None = None,
        history: Sequence[Turn] = (),
        explain: bool = False,
        at: str = "",
        settings: Mapping[str, object] = {},
    ) -> Retrieval:
        """The chunks that may answer a question, best first; `top` of them, or `keep` of the blueprint. `history` is
        the conversation so far; `explain` keeps the candidates of each stage; `at` searches a version of the past, by
        its number, reference, tag or time. `settings` try other ones than those of the blueprint: see `trial`.

        `where` is a Filter, its JSON form as a mapping, or its text form. Raises UserError where it cannot be read."""
        retriever = replace(self._retriever, **trial(self.spec, settings)) if settings else self._retriever
        return await retriever.retrieve(
            question, top=top, where=as_filter(where), history=history, explain=explain, at=at
        )

    def matched(self, question: str, text: str) -> list[tuple[int, int]]:
        """The words of a text, by their characters [start, end), that the search by words counts for the question."""
        index = self._index()
        asked = set(index.terms(question))
        words = (found.span() for found in _WORD.finditer(text))
        return [(start, end) for start, end in words if asked.intersection(index.terms(text[start:end]))]

    def answer(
        self,
        question: str,
        *,
        model: str = "",
        where: Where | None = None,
        release: Ref | None = None,
        timeout: float | None = None,
        history: Sequence[Turn] = (),
        conversation: str = "",
        owner: str = "",
        at: str = "",
    ) -> AsyncGenerator[Token | Citation | Answer]:
        """Tokens and citations as they come, and last the Answer: see `Answerer.answer`. `model` is a name of
        `models.chat`, `at` a version of the index."""
        return self._answerer.answer(
            question, model=model, where=as_filter(where), release=release, timeout=timeout, history=history,
            conversation=conversation, owner=owner, at=at,
        )  # fmt: skip

    async def passages(
        self,
        question: str,
        *,
        where: Where | None = None,
        release: Ref | None = None,
        history: Sequence[Turn] = (),
        conversation: str = "",
        owner: str = "",
        at: str = "",
    ) -> Answer:
        """The best passages, quoted, without a model; see `Answerer.answer`."""
        return await self._answerer.passages(
            question, where=as_filter(where), release=release, history=history, conversation=conversation, owner=owner,
            at=at,
        )  # fmt: skip

    def variant(self, *, context: int, prompt: Prompt) -> Answerer:
        """What answers as this pipeline does, with another budget and template: for `tried` and `composed`."""
        return replace(self._answerer, spec=self.spec.generate.model_copy(update={"context": context}), prompt=prompt)

    def close(self) -> None:
        """Let go of the index; the next use opens it again."""
        with self._opening:
            if self._opened is not None:
                self._opened.close()
            self._opened = None
        self.originals.close()

    # --- versions

    def index_ref(self) -> Ref | None:
        """The index version that is searched now; None before the first ingest."""
        current = self._current()
        return current.ref if current else None

    @property
    def shelf_name(self) -> str:
        """Names everything that says what is in the index, apart from the documents: pipelines that share it share
        the index."""
        return self._shelf.name

    @property
    def prompt_ref(self) -> Ref:
        return self._prompt.ref

    @property
    def prompt_text(self) -> str:
        return self._prompt.text

    def tokens(self, text: str) -> int:
        """As the embedder counts them, which is how `generate.context` is counted."""
        return len(self._embedder.token_ends(text))

    @property
    def embedder_ref(self) -> Ref:
        return self._embedder.ref

    def model_ref(self, model: str = "") -> Ref:
        """The model that answers. Raises NotFound where the blueprint has none of that name."""
        return self._answerer.model_ref(model)

    def versions(self) -> Mapping[str, str]:
        """Everything that an answer depends on, apart from the question: what a cache key must hold."""
        index = self.index_ref()
        return {
            "index": str(index) if index else "",
            "prompt": str(self._prompt.ref),
            "model": str(self.model_ref()),
            "embedder": str(self._embedder.ref),
            "retrieve": self.spec.retrieve.model_dump_json(),
            "rerank": self.spec.rerank.model_dump_json() if self.spec.rerank else "",
            "generate": self.spec.generate.model_dump_json(),
        }

    def _fields(self) -> list[Meta]:
        return [self._shelf.document_meta(one.key, one.title, one.meta) for one in self.documents()]

    # --- what there is

    def documents(self) -> list[DocumentInfo]:
        """The documents that the index holds, by key."""
        return tables.document_infos(self._kernel.store, self._shelf.name, self._shelf.parsing, self._shelf.cutting)

    def document(self, ref: Ref) -> DocumentInfo:
        """A document by its own ref or that of its current version. Raises NotFound."""
        found = tables.document_infos(
            self._kernel.store, self._shelf.name, self._shelf.parsing, self._shelf.cutting, ref.id
        )
        if not found:
            raise NotFound(f"the index of {self.name!r} holds no {ref}", hint="it may have been removed since")
        return found[0]

    def holds(self, version: Ref) -> bool:
        """Can answers use this version now?"""
        return tables.holds(self._kernel.store, self._shelf.name, version)

    def knows(self, version: Ref) -> bool:
        """Was this version parsed and cut as this pipeline does it?"""
        return tables.is_cut(self._kernel.store, self._shelf.cutting, version)

    def text(self, version: Ref) -> Parsed:
        """A version as it was parsed: text, blocks, pages; also of versions that are gone from the index.
        Raises NotFound."""
        return describe.text(self._kernel, version)

    def chunks(self, version: Ref) -> list[Chunk]:
        """The chunks of a version, in order; none where it was never cut as this pipeline cuts."""
        return tables.chunks_of(self._kernel.store, version, self._shelf.cutting)

    def chunk(self, ref: Ref) -> Chunk:
        """A chunk, also one that is gone from the index. Raises NotFound."""
        found = tables.chunks(self._kernel.store, [ref.id]).get(ref.id)
        if found is None:
            raise NotFound(f"there is no {ref} here")
        return found

    def resolves(self, citation: Citation) -> bool:
        """Do the quoted words stand at the cited place, to the character?"""
        return describe.resolves(self._kernel, citation)

    def describe(self, ref: Ref) -> Described | None:
        """A version, document, chunk, index, prompt, model or answer for people; None for what is not ours."""
        return describe.described(self._kernel.store, ref)

    def report(self) -> RagReport:
        """Counts and sizes, read now."""
        return report(self._kernel.store, self._shelf, self._home, self._source, self._current())

    # --- inside

    def _index(self) -> Index:
        with self._opening:
            if self._opened is None:
                self._opened = self.spec.index.engine.build(self._home, self._embedder.dims, self.spec.index.quantize)
            return self._opened

    def _current(self) -> IndexVersion | None:
        """What the index says; no files are made where there are none. A server may hold what another machine made."""
        if self._opened is None and self.spec.index.engine.facts().embedded and not self._home.exists():
            return None
        return tables.index_at(self._kernel.store, self._shelf.name, self._index().generation)


_WORD = re.compile(r"\w+")
