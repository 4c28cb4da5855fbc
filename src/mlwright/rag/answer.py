"""Answer: a question becomes text with verified citations, streamed while it is made."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

from mlwright.kernel.aio import in_thread
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, ProviderError
from mlwright.kernel.ids import Ref, new_ref
from mlwright.kernel.lineage import Edge
from mlwright.kernel.spans import GenAI
from mlwright.models import ChatModel, ChatRequest, Delta, Embedder, Finish, Price, Usage, cost_of
from mlwright.rag import tables
from mlwright.rag.citing import Cited, Citer, cite
from mlwright.rag.context import Shown, assemble
from mlwright.rag.filters import Filter
from mlwright.rag.prompt import NO_ANSWER, Prompt
from mlwright.rag.retrieve import Retriever
from mlwright.rag.sentences import sentences
from mlwright.rag.spec import GenerateSpec
from mlwright.rag.strict import StrictCiter
from mlwright.rag.texts import Texts
from mlwright.rag.types import Answer, Citation, Retrieval, Token

TOP_PASSAGES = Ref("model", "rule/top_passages@1")
_PASSAGES = 3
_LONGEST_QUOTE = 400


@dataclass(slots=True)
class _Draft:
    """What is known of an answer while it is made."""

    question: str
    release: Ref | None
    model: Ref
    price: Price | None
    retrieval: Retrieval
    shown: list[Shown]
    pages: Mapping[str, Sequence[int]]
    seconds: dict[str, float]
    began: float
    usage: Usage = field(default_factory=Usage)
    called: bool = False
    stopped: str = "stop"


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers the questions of one pipeline."""

    pipeline: str
    spec: GenerateSpec
    kernel: Kernel
    embedder: Embedder
    chat: Mapping[str, ChatModel]
    prices: Mapping[str, Price | None]
    prompt: Prompt
    retriever: Retriever
    texts: Texts

    async def answer(
        self,
        question: str,
        *,
        model: str = "",
        where: Filter | None = None,
        release: Ref | None = None,
        timeout: float | None = None,
    ) -> AsyncGenerator[Token | Citation | Answer]:
        """Tokens, each citation before the token that shows its mark, and last the Answer, kept when it is given out.

        Marks that prove to support nothing never appear. Where citations are required, the text begins to come with
        the first one that holds; where none does, the Answer abstains, and that is all that is said. Closing the
        iterator early stops the model, and keeps nothing. `timeout` is in seconds, for the model. Raises NotFound for
        an unknown model or before the first ingest, and what the model raises."""
        writer = self._model(model)
        draft = await self._draft(question, writer.ref, self.prices.get(model or self.spec.model), where, release)
        if not draft.retrieval.hits and self.spec.if_empty == "abstain":
            yield Token(NO_ANSWER)
            yield await self._finish(draft, Cited(NO_ANSWER, ()), abstained=True)
            return
        citer = (StrictCiter if self.spec.cite == "strict" else Citer)(draft.shown, draft.pages)
        said = False
        async with aclosing(self._supported(writer, draft, citer, timeout)) as pieces:
            async for piece in pieces:
                said = True
                yield piece if isinstance(piece, Citation) else Token(piece)
        cited = citer.cited
        unsupported = self.spec.cite != "optional" and not cited.citations
        abstained = draft.stopped == "abstain" or not cited.text or NO_ANSWER in cited.text or unsupported
        if not cited.text or (unsupported and draft.stopped != "abstain"):
            cited = Cited(NO_ANSWER, ())
        if not said:
            yield Token(cited.text)
        yield await self._finish(draft, cited, abstained=abstained)

    async def passages(self, question: str, *, where: Filter | None = None, release: Ref | None = None) -> Answer:
        """The best passages, quoted, without a model: what is left when no model answers."""
        draft = await self._draft(question, TOP_PASSAGES, None, where, release)
        best = draft.shown[:_PASSAGES]
        text = "\n\n".join(f"{_opening(one.text)} [{one.number}]" for one in best)
        cited = cite(text, best, draft.pages)
        return await self._finish(draft, cited if best else Cited(NO_ANSWER, ()), abstained=not best)

    def model_ref(self, name: str = "") -> Ref:
        """The model behind a name of `models.chat`, or behind the pipeline's own. Raises NotFound."""
        return self._model(name).ref

    def _model(self, name: str) -> ChatModel:
        wanted = name or self.spec.model
        if wanted not in self.chat:
            known = ", ".join(self.chat) or "none"
            raise NotFound(f"pipeline {self.pipeline!r} has no model {wanted!r}", hint=f"models.chat has: {known}")
        return self.chat[wanted]

    async def _draft(
        self, question: str, model: Ref, price: Price | None, where: Filter | None, release: Ref | None
    ) -> _Draft:
        began = perf_counter()
        retrieval = await self.retriever.retrieve(question, where=where)
        seconds = {**retrieval.seconds, "retrieve": perf_counter() - began}
        shown, pages = await in_thread(self._shown, question, retrieval)
        return _Draft(question, release, model, price, retrieval, shown, pages, seconds, began)

    def _shown(self, question: str, retrieval: Retrieval) -> tuple[list[Shown], Mapping[str, Sequence[int]]]:
        """The passages that fit into the budget beside the rest of the prompt, and the pages of their documents."""
        empty = self.prompt.messages(question, (), cite=self.spec.cite)
        used = sum(self._tokens(message.content) for message in empty)
        markup = 40 * len(retrieval.hits)  # what stands around each passage: its number, file, lines and headings
        budget = self.spec.context - used - markup
        shown = assemble(retrieval.hits, budget, self._tokens, read=self.texts.read)
        return shown, self.texts.pages(sorted({chunk.version for one in shown for chunk in one.chunks}))

    def _tokens(self, text: str) -> int:
        return len(self.embedder.token_ends(text))

    async def _supported(
        self, model: ChatModel, draft: _Draft, citer: Citer | StrictCiter, timeout: float | None
    ) -> AsyncGenerator[str | Citation]:
        """What the model says, as far as it may be shown: from the first citation on, where one is required."""
        held: list[str] | None = None if self.spec.cite == "optional" else []
        async with aclosing(self._cited(model, draft, citer, timeout)) as pieces:
            async for piece in pieces:
                if held is None:
                    yield piece
                elif isinstance(piece, str):
                    held.append(piece)
                else:
                    yield piece
                    yield "".join(held)
                    held = None

    async def _cited(
        self, model: ChatModel, draft: _Draft, citer: Citer | StrictCiter, timeout: float | None
    ) -> AsyncGenerator[str | Citation]:
        async with aclosing(self._written(model, draft, timeout)) as pieces:
            async for piece in pieces:
                for item in citer.feed(piece):
                    yield item
        for item in citer.end():
            yield item

    async def _written(self, model: ChatModel, draft: _Draft, timeout: float | None) -> AsyncGenerator[str]:
        """What the model says, piece by piece; its usage goes to the draft."""
        request = ChatRequest(
            messages=self.prompt.messages(draft.question, [one.shown() for one in draft.shown], cite=self.spec.cite),
            question=draft.question,
            passages=tuple(one.passage() for one in draft.shown),
            timeout=timeout,
        )
        began, finished = perf_counter(), False
        draft.called = True
        attributes = {GenAI.OPERATION: GenAI.CHAT, GenAI.REQUEST_MODEL: model.ref.id}
        with self.kernel.spans.span(f"{GenAI.CHAT} {model.ref.id}", attributes) as span:
            # closing an iterator is part of a chat model's contract, so it is a generator, though not by its type
            async with aclosing(cast("AsyncGenerator[Delta | Finish]", model.stream(request))) as stream:
                async for item in stream:
                    match item:
                        case Delta():
                            draft.seconds.setdefault("first_token", perf_counter() - draft.began)
                            yield item.text
                        case Finish():
                            finished = True
                            draft.usage, draft.stopped = item.usage, item.reason
                            span.set(GenAI.RESPONSE_MODEL, item.model)
                            span.set(GenAI.INPUT_TOKENS, item.usage.input_tokens)
                            span.set(GenAI.OUTPUT_TOKENS, item.usage.output_tokens)
                            span.set(GenAI.FINISH_REASONS, [item.reason])
        draft.seconds["generate"] = perf_counter() - began
        if not finished:
            raise ProviderError(f"{model.ref} ended without saying so", hint="the answer may be cut short; ask again")

    async def _finish(self, draft: _Draft, cited: Cited, *, abstained: bool) -> Answer:
        """Make the answer, and keep it: it can be looked up by anybody when this returns."""
        draft.seconds["total"] = perf_counter() - draft.began
        answer = Answer(
            ref=new_ref("answer"),
            pipeline=self.pipeline,
            question=draft.question,
            text=cited.text,
            citations=cited.citations,
            hits=draft.retrieval.hits,
            abstained=abstained,
            index=draft.retrieval.index,
            prompt=self.prompt.ref,
            model=draft.model,
            release=draft.release,
            input_tokens=draft.usage.input_tokens,
            output_tokens=draft.usage.output_tokens,
            cost=cost_of(draft.usage, draft.price) if draft.called else 0.0,
            seconds=draft.seconds,
            at=self.kernel.clock.now(),
        )
        tables.add_answer(self.kernel.store, answer)
        self.kernel.lineage.link_soon(_edges(answer, draft.shown))
        await in_thread(self.kernel.store.flush)
        return answer


def _edges(answer: Answer, shown: Sequence[Shown]) -> list[Edge]:
    cited = {citation.chunk for citation in answer.citations}
    seen = {chunk.ref for one in shown for chunk in one.chunks} - cited
    return [
        *(Edge(answer.ref, chunk, "cites") for chunk in sorted(cited)),
        *(Edge(answer.ref, chunk, "saw") for chunk in sorted(seen)),
        Edge(answer.ref, answer.index, "searched"),
        Edge(answer.ref, answer.model, "written by"),
        Edge(answer.ref, answer.prompt, "prompted by"),
        *([Edge(answer.ref, answer.release, "served by")] if answer.release else []),
    ]


def _opening(text: str) -> str:
    """The first whole sentences of a passage below its headings, up to 400 characters; more where one is longer."""
    places = [place for place in sentences(text) if not text.startswith("#", place[0])] or [(0, len(text))]
    start, end = places[0]
    for _, last in places[1:]:
        if last - start > _LONGEST_QUOTE:
            break
        end = last
    return text[start:end]
