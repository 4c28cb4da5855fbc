"""Answer: a question becomes text with verified citations, streamed while it is made."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import perf_counter
from typing import cast

from mlwright.kernel.aio import in_thread
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, ProviderError
from mlwright.kernel.ids import Ref, new_ref
from mlwright.kernel.lineage import Edge
from mlwright.kernel.spans import GenAI, Span
from mlwright.models import ChatModel, ChatRequest, Delta, Embedder, Finish, Price, Usage
from mlwright.rag import tables
from mlwright.rag.citing import Cited, Citer, cite
from mlwright.rag.context import Shown, assemble
from mlwright.rag.conversations import Conversations, Memory
from mlwright.rag.draft import Composed, Draft, Tried
from mlwright.rag.filters import Filter
from mlwright.rag.prompt import NO_ANSWER, Prompt
from mlwright.rag.retrieve import Retriever
from mlwright.rag.sentences import sentences
from mlwright.rag.spec import GenerateSpec
from mlwright.rag.strict import StrictCiter
from mlwright.rag.texts import Texts
from mlwright.rag.types import Answer, Citation, Retrieval, Token, Turn

TOP_PASSAGES = Ref("model", "rule/top_passages@1")
_PASSAGES = 3
_LONGEST_QUOTE = 400
_LONGEST_TURN = 100_000


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
    conversations: Conversations

    async def answer(
        self,
        question: str,
        *,
        model: str = "",
        where: Filter | None = None,
        release: Ref | None = None,
        timeout: float | None = None,
        history: Sequence[Turn] = (),
        conversation: str = "",
        owner: str = "",
        at: str = "",
    ) -> AsyncGenerator[Token | Citation | Answer]:
        """Tokens, each citation before the token that shows its mark, and last the Answer, kept when it is given out.

        Marks that prove to support nothing never appear. Where citations are required, the text begins to come with
        the first one that holds; where none does, the Answer abstains, and that is all that is said. Closing the
        iterator early stops the model, and keeps nothing. `timeout` is in seconds, for the model.

        The question may lean on what was said before: on `history` (oldest first; kept by the caller), or on a
        `conversation`, named by its ref or `new`, which remembers the turn for its `owner`. `at` names a version of the
        index. Raises NotFound for an unknown model, conversation or version or before the first ingest, and what the
        model raises."""
        writer = self._model(model)
        price = self.prices.get(model or self.spec.model)
        with self._span() as span:
            memory = await self._memory(history, conversation, owner)
            draft = await self._draft(question, writer.ref, price, where, release, memory, at)
            async with aclosing(self._said(draft, writer, timeout)) as items:
                async for item in items:
                    if isinstance(item, Answer):
                        span.about = item.ref
                        await self._keep(item, draft)
                    yield item

    async def tried(self, found: Retrieval) -> Tried:
        """The answer to what was retrieved before, with the prompt that it comes of. Nothing is kept."""
        writer = self._model("")
        draft = await self._begun(found.question, writer.ref, self.prices.get(self.spec.model), None, found, Memory(()))
        async with aclosing(self._said(draft, writer, None)) as items:
            answer = [item async for item in items if isinstance(item, Answer)][-1]
        return Tried(answer, self._composed(draft))

    async def composed(self, found: Retrieval) -> Composed:
        """The prompt that would be sent with what was retrieved before."""
        return self._composed(await self._begun(found.question, TOP_PASSAGES, None, None, found, Memory(())))

    async def _said(
        self, draft: Draft, writer: ChatModel, timeout: float | None
    ) -> AsyncGenerator[Token | Citation | Answer]:
        """What `answer` gives out; the Answer is not kept yet."""
        if not draft.retrieval.hits and self.spec.if_empty == "abstain":
            yield Token(NO_ANSWER)
            yield self._made(draft, Cited(NO_ANSWER, ()), abstained=True)
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
        yield self._made(draft, cited, abstained=abstained)

    async def passages(
        self,
        question: str,
        *,
        where: Filter | None = None,
        release: Ref | None = None,
        history: Sequence[Turn] = (),
        conversation: str = "",
        owner: str = "",
        at: str = "",
    ) -> Answer:
        """The best passages, quoted, without a model: what is left when no model answers."""
        with self._span() as span:
            memory = await self._memory(history, conversation, owner)
            draft = await self._draft(question, TOP_PASSAGES, None, where, release, memory, at)
            best = draft.shown[:_PASSAGES]
            text = "\n\n".join(f"{_opening(one.text)} [{one.number}]" for one in best)
            cited = cite(text, best, draft.pages)
            answer = self._made(draft, cited if best else Cited(NO_ANSWER, ()), abstained=not best)
            span.about = answer.ref
            await self._keep(answer, draft)
        return answer

    def _span(self) -> Span:
        return self.kernel.spans.span(f"answer {self.pipeline}")

    def model_ref(self, name: str = "") -> Ref:
        """The model behind a name of `models.chat`, or behind the pipeline's own. Raises NotFound."""
        return self._model(name).ref

    def _model(self, name: str) -> ChatModel:
        wanted = name or self.spec.model
        if wanted not in self.chat:
            known = ", ".join(self.chat) or "none"
            raise NotFound(f"pipeline {self.pipeline!r} has no model {wanted!r}", hint=f"models.chat has: {known}")
        return self.chat[wanted]

    async def _memory(self, history: Sequence[Turn], conversation: str, owner: str) -> Memory:
        limit = self.spec.history.turns
        if not conversation:
            return Memory(tuple(history[-limit:]) if limit else ())
        return await in_thread(self.conversations.recall, conversation, owner, self.pipeline, limit)

    async def _draft(
        self,
        question: str,
        model: Ref,
        price: Price | None,
        where: Filter | None,
        release: Ref | None,
        memory: Memory,
        at: str,
    ) -> Draft:
        began = perf_counter()
        retrieval = await self.retriever.retrieve(question, where=where, history=memory.turns, at=at)
        draft = await self._begun(question, model, price, release, retrieval, memory)
        draft.began, draft.seconds["retrieve"] = began, draft.began - began
        return draft

    async def _begun(
        self,
        question: str,
        model: Ref,
        price: Price | None,
        release: Ref | None,
        retrieval: Retrieval,
        memory: Memory,
    ) -> Draft:
        """A draft over what was retrieved."""
        began = perf_counter()
        asked = retrieval.asked if memory.turns else question
        seconds = dict(retrieval.seconds)
        turns, shown, pages = await in_thread(self._shown, question, retrieval, memory)
        memory = replace(memory, turns=turns)
        return Draft(question, release, model, price, retrieval, shown, pages, seconds, began, memory, asked)

    def _shown(
        self, question: str, retrieval: Retrieval, memory: Memory
    ) -> tuple[tuple[Turn, ...], list[Shown], Mapping[str, Sequence[int]]]:
        """The turns and passages that fit into the budget beside the rest of the prompt, and the pages of documents."""
        turns = self._recent(memory.turns)
        empty = self.prompt.messages(question, (), cite=self.spec.cite, history=turns)
        used = sum(self._tokens(message.content) for message in empty)
        markup = 40 * len(retrieval.hits)  # what stands around each passage: its number, file, lines and headings
        budget = self.spec.context - used - markup
        shown = assemble(retrieval.hits, budget, self._tokens, read=self.texts.read, before=memory.shown)
        return turns, shown, self.texts.pages(sorted({chunk.version for one in shown for chunk in one.chunks}))

    def _recent(self, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        """As many of the last turns as `history.tokens` hold, oldest first."""
        kept: list[Turn] = []
        left = self.spec.history.tokens
        for turn in reversed(turns):
            text = f"{turn.question} {turn.answer}"
            left -= self._tokens(text) if len(text) < _LONGEST_TURN else left + 1
            if left < 0:
                break
            kept.append(turn)
        return tuple(reversed(kept))

    def _tokens(self, text: str) -> int:
        return len(self.embedder.token_ends(text))

    async def _supported(
        self, model: ChatModel, draft: Draft, citer: Citer | StrictCiter, timeout: float | None
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
                    if before := "".join(held):
                        yield before
                    held = None

    async def _cited(
        self, model: ChatModel, draft: Draft, citer: Citer | StrictCiter, timeout: float | None
    ) -> AsyncGenerator[str | Citation]:
        async with aclosing(self._written(model, draft, timeout)) as pieces:
            async for piece in pieces:
                for item in citer.feed(piece):
                    yield item
        for item in citer.end():
            yield item

    async def _written(self, model: ChatModel, draft: Draft, timeout: float | None) -> AsyncGenerator[str]:
        """What the model says, piece by piece; its usage goes to the draft."""
        request = ChatRequest(
            messages=self._composed(draft).messages,
            question=draft.asked,
            passages=tuple(one.passage() for one in draft.shown),
            timeout=timeout,
        )
        began, finished, said = perf_counter(), False, 0
        draft.called = True
        attributes = {GenAI.OPERATION: GenAI.CHAT, GenAI.REQUEST_MODEL: model.ref.id}
        if draft.memory.ref:
            attributes[GenAI.CONVERSATION] = draft.memory.ref.id
        with self.kernel.spans.span(f"{GenAI.CHAT} {model.ref.id}", attributes) as span:
            try:
                # closing an iterator is part of a chat model's contract, so it is a generator, though not by its type
                async with aclosing(cast("AsyncGenerator[Delta | Finish]", model.stream(request))) as stream:
                    async for item in stream:
                        match item:
                            case Delta():
                                draft.seconds.setdefault("first_token", perf_counter() - draft.began)
                                said += len(item.text)
                                yield item.text
                            case Finish():
                                finished = True
                                draft.usage, draft.stopped = item.usage, item.reason
                                _observe(span, item)
            except ProviderError as error:
                draft.usage = _estimated(request, said)
                error.cost = draft.cost()
                raise
        draft.seconds["generate"] = perf_counter() - began
        if not finished:
            raise ProviderError(f"{model.ref} ended without saying so", hint="the answer may be cut short; ask again")

    def _composed(self, draft: Draft) -> Composed:
        question = draft.question if self.prompt.shows_history else draft.asked
        passages = tuple(one.shown() for one in draft.shown)
        messages = self.prompt.messages(question, passages, cite=self.spec.cite, history=draft.memory.turns)
        return Composed(question, tuple(draft.shown), passages, messages)

    def _made(self, draft: Draft, cited: Cited, *, abstained: bool) -> Answer:
        draft.seconds["total"] = perf_counter() - draft.began
        return Answer(
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
            input_tokens=sum(call.input_tokens for call in draft.calls()),
            output_tokens=sum(call.output_tokens for call in draft.calls()),
            cost=draft.cost(),
            seconds=draft.seconds,
            at=self.kernel.clock.now(),
            cached_tokens=draft.usage.cached_input_tokens,
            calls=draft.calls(),
            conversation=draft.memory.ref,
            asked=draft.asked if draft.asked != draft.question else "",
        )

    async def _keep(self, answer: Answer, draft: Draft) -> None:
        """It can be looked up by anybody when this returns."""
        tables.add_answer(self.kernel.store, answer)
        self.conversations.add(draft.memory, answer, [chunk.ref.id for one in draft.shown for chunk in one.chunks])
        self.kernel.lineage.link_soon(_edges(answer, draft.shown))
        await in_thread(self.kernel.store.flush)


def _observe(span: Span, finish: Finish) -> None:
    span.set(GenAI.RESPONSE_MODEL, finish.model)
    span.set(GenAI.INPUT_TOKENS, finish.usage.input_tokens)
    span.set(GenAI.OUTPUT_TOKENS, finish.usage.output_tokens)
    span.set(GenAI.FINISH_REASONS, [finish.reason])
    if finish.usage.cached_input_tokens:
        span.set(GenAI.CACHED_TOKENS, finish.usage.cached_input_tokens)


def _estimated(request: ChatRequest, said: int) -> Usage:
    """What a call used that broke off: nothing before its first word, since refusals are not billed; else what was
    read and said, at four characters a token."""
    if not said:
        return Usage(estimated=True)
    read = sum(len(message.content) for message in request.messages)
    return Usage(-(-read // 4), -(-said // 4), estimated=True)


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
