"""Situate: a chat model writes a line or two that place a chunk in its document. They are searched, and never shown.

What a model wrote is kept by everything that it was given, so that a chunk whose surroundings did not change is never
asked for again, and a run that was killed goes on. The first chunk of a window is asked for alone: those after it find
the document in the provider's cache.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from mlwright.kernel.aio import in_thread, to_the_end
from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import stamp
from mlwright.kernel.errors import NotFound, ProviderError, TransientError
from mlwright.kernel.ids import content_ref, digest
from mlwright.kernel.progress import Progress
from mlwright.models import ChatModel, ChatRequest, Embedder, Price, Usage, cost_of, whole_answer
from mlwright.rag.rows import Context
from mlwright.rag.sentences import sentences
from mlwright.rag.situate import tables
from mlwright.rag.situate.prompt import SituatePrompt, built_in_situate
from mlwright.rag.situate.windows import Windows
from mlwright.rag.spec import SituateSpec
from mlwright.rag.types import Situated

_WORDS_A_TOKEN = 0.75
_ROOM_TO_THINK = 400
"""Tokens that a model may write beyond what is kept of it."""
_SEAM = 2
"""Tokens that the line breaks around a context may take."""
_TRIES = 5
_LONGEST_WAIT = 60.0
_HOPELESS = 8
"""So many chunks in a row without a context, and the model is not asked again in this run."""
_REASONS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A chunk that needs a context: characters [start, end) of a document, and the headings above it."""

    start: int
    end: int
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes the contexts of a pipeline, and how."""

    spec: SituateSpec
    model: ChatModel
    price: Price | None
    prompt: SituatePrompt

    @property
    def identity(self) -> dict[str, str]:
        """Everything that says what is written about a chunk, apart from the document."""
        about = {"model": self.model.ref.id, "prompt": self.prompt.ref.id}
        return {**about, "tokens": str(self.spec.tokens), "window": str(self.spec.window)}

    @property
    def room(self) -> int:
        """Tokens of the embedder's limit that a context may take."""
        return self.spec.tokens + _SEAM

    def begun(self, pipeline: str, kernel: Kernel, embedder: Embedder, progress: Progress) -> "Situating":
        """The contexts of one ingest."""
        return Situating(kernel, self, embedder, progress, f"situate {pipeline}")


def writer_of(
    pipeline: str,
    spec: SituateSpec | None,
    chat: Mapping[str, ChatModel],
    prices: Mapping[str, Price | None],
    prompt: str | None,
) -> Writer | None:
    """Who writes, with `prompt` as the text of the template; None where nobody does. Raises NotFound where the model is
    missing, UserError for a template that cannot be used."""
    if spec is None:
        return None
    if spec.model not in chat:
        known = ", ".join(chat) or "none"
        raise NotFound(
            f"pipeline {pipeline!r} has no model {spec.model!r} to situate chunks", hint=f"models.chat has: {known}"
        )
    template = built_in_situate() if prompt is None else SituatePrompt(prompt, name=spec.prompt or f"of {pipeline}")
    return Writer(spec, chat[spec.model], prices.get(spec.model), template)


@dataclass(slots=True)
class Situating:
    """The contexts of one ingest: what was written, what was known, and what failed. `situated` tells it."""

    kernel: Kernel
    writer: Writer
    embedder: Embedder
    progress: Progress
    task: str
    written: int = 0
    known: int = 0
    calls: int = 0
    seconds: float = 0.0
    """Spent by documents; those side by side are added up."""
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0
    failures: Counter[str] = field(default_factory=Counter)
    _failed_in_a_row: int = 0
    _under_way: dict[str, asyncio.Future[str]] = field(default_factory=dict)
    _turn: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._turn = asyncio.Semaphore(self.writer.spec.concurrency)

    def situated(self, missing: int) -> Situated:
        """What was done so far; `missing` chunks are without a context now."""
        return Situated(
            written=self.written,
            known=self.known,
            missing=missing,
            reasons=tuple(reason for reason, _ in self.failures.most_common(_REASONS)),
            calls=self.calls,
            input_tokens=self.usage.input_tokens,
            cached_tokens=self.usage.cached_input_tokens,
            output_tokens=self.usage.output_tokens,
            cost=self.cost,
        )

    async def contexts(self, title: str, text: str, places: Sequence[Place]) -> list[Context | None]:
        """A context for each place in a document; None where the model gave none."""
        began = perf_counter()
        asked = await in_thread(self._asked, title, text, places)
        found = await in_thread(tables.contexts, self.kernel.store, [one.key for one in asked])
        self.known += len({one.key for one in asked} & found.keys())
        windows: dict[str, dict[str, _Asked]] = {}
        for one in asked:
            if one.key not in found:
                windows.setdefault(one.document, {})[one.key] = one
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._window(list(chunks.values()))) for chunks in windows.values()]
        for task in tasks:
            found |= task.result()
        self.seconds += perf_counter() - began
        return [Context(one.key, body) if (body := found.get(one.key)) else None for one in asked]

    def _asked(self, title: str, text: str, places: Sequence[Place]) -> "list[_Asked]":
        windows = Windows(text, self.embedder.token_ends, self.writer.spec.window)
        asked = []
        for place in places:
            document, chunk = windows.around(place.start, place.end), text[place.start : place.end]
            section = " > ".join(place.headings)
            fields = {
                "title": title,
                "section": section,
                "document": digest(document.encode()),
                "chunk": digest(chunk.encode()),
            }
            key = content_ref("context", {**self.writer.identity, **fields}).id
            asked.append(_Asked(key, document, chunk, title, section))
        return asked

    async def _window(self, asked: "Sequence[_Asked]") -> dict[str, str]:
        """The contexts of chunks that are shown the same: of the first, and then, side by side, of the others."""
        first, *others = asked
        found = [(first.key, await self._context(first))]
        async with asyncio.TaskGroup() as group:
            tasks = [(one.key, group.create_task(self._context(one))) for one in others]
        return {key: body for key, body in (*found, *((key, task.result()) for key, task in tasks)) if body}

    async def _context(self, asked: "_Asked") -> str:
        """Empty where there is none. What another document is asking for in the same words is asked for once."""
        under_way = self._under_way.get(asked.key)
        if under_way is None:
            under_way = self._under_way[asked.key] = asyncio.ensure_future(self._made(asked))
            under_way.add_done_callback(lambda _: self._under_way.pop(asked.key))
        return await under_way

    async def _made(self, asked: "_Asked") -> str:
        """Written and kept; empty where the model failed, or has failed too often to be asked again. A place is free
        again when the context is kept, so a kill loses no more calls than there are places."""
        async with self._turn:
            if self._failed_in_a_row >= _HOPELESS:
                return ""
            try:
                body = self._clipped(await self._told(asked))
            except ProviderError as error:
                self.failures[error.message] += 1
                self._failed_in_a_row += 1
                return ""
            at, model, prompt = stamp(self.kernel.clock.now()), self.writer.model.ref, self.writer.prompt.ref
            await to_the_end(tables.add_context, self.kernel.store, Context(asked.key, body), model, prompt, at)
        self._failed_in_a_row = 0
        self.written += 1
        self.progress.step(self.task)
        return body

    async def _told(self, asked: "_Asked") -> str:
        """What the model says. Raises ProviderError where it does not, also when it was asked again."""
        spec = self.writer.spec
        request = ChatRequest(
            self.writer.prompt.messages(
                asked.document, asked.chunk, title=asked.title, section=asked.section,
                words=round(spec.tokens * _WORDS_A_TOKEN),
            ),
            max_tokens=spec.tokens + _ROOM_TO_THINK,
            timeout=spec.timeout,
        )  # fmt: skip
        tried = 1
        while True:
            try:
                return await self._reply(request)
            except TransientError as error:
                wait = error.retry_after if error.retry_after is not None else random.uniform(0.5, 1) * 2**tried  # noqa: S311 - spreads load, guards nothing
                if tried == _TRIES or wait > _LONGEST_WAIT:
                    raise
                await asyncio.sleep(wait)
                tried += 1

    async def _reply(self, request: ChatRequest) -> str:
        model = self.writer.model
        self.calls += 1
        answer = await whole_answer(model, request)
        finish = answer.finish
        if finish is not None:
            self.usage += finish.usage
            paid = cost_of(finish.usage, self.writer.price)
            self.cost = None if self.cost is None or paid is None else self.cost + paid
        text = " ".join(answer.text.split())
        if finish is None or not text or finish.reason in ("abstain", "filter"):
            raise ProviderError(f"{model.ref} wrote no context", hint="choose a model that follows instructions")
        return text

    def _clipped(self, text: str) -> str:
        """The sentences that fit into `tokens`; of a first one that is longer, its words."""
        ends = self.embedder.token_ends(text)
        if len(ends) <= self.writer.spec.tokens:
            return text
        most = ends[self.writer.spec.tokens - 1]
        whole = [end for _, end in sentences(text) if end <= most]
        return text[: whole[-1]] if whole else text[:most].rpartition(" ")[0] or text[:most]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A chunk with what is shown of its document."""

    key: str
    document: str
    chunk: str
    title: str
    section: str
