"""The joins between systems: each class satisfies a port of one system with another system. No decisions here."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypedDict

from mlwright.app.answers import answer_data, citation_data
from mlwright.data import Data, FileVersion
from mlwright.evals import Cited, EvalExample, Outcome, Retrieved
from mlwright.kernel.errors import NotFound, Unreadable
from mlwright.kernel.ids import Ref
from mlwright.rag import Answer, Citation, Hit, Rag, SourceDocument, Token, Tried, Turn
from mlwright.serving import Event, Handler, Request


class Documents:
    """A source of `data`, as the documents of a RAG pipeline."""

    def __init__(self, data: Data, source: str) -> None:
        self._data, self._source = data, source

    def latest(self) -> tuple[Ref, Sequence[SourceDocument]]:
        dataset = self._data.latest(self._source).ref
        return dataset, self.documents(dataset)

    def documents(self, dataset: Ref) -> Sequence[SourceDocument]:
        return [
            SourceDocument(file.ref, file.document, file.key, file.sha256, file.size)
            for file in self._data.files(dataset)
        ]

    def read(self, version: Ref) -> bytes:
        return self._data.read(version)

    def quarantine(self, document: SourceDocument, error: Unreadable) -> None:
        self._data.quarantine(self._file(document), error)

    def release(self, document: SourceDocument) -> None:
        self._data.release(self._file(document))

    def _file(self, document: SourceDocument) -> FileVersion:
        return self._data.file(document.version)


class Pipelines:
    """The RAG pipelines of one release."""

    def __init__(self, release: Ref, rags: Mapping[str, Rag], handlers: Mapping[str, str]) -> None:
        self.release, self.rags, self._handlers = release, rags, handlers

    def of(self, endpoint: str) -> Rag:
        handler = self._handlers.get(endpoint, "")
        name = handler.removeprefix("rag.")
        if name not in self.rags:
            raise NotFound(f"{self.release} has no endpoint {endpoint!r}", hint=f"it has: {', '.join(self._handlers)}")
        return self.rags[name]

    def close(self) -> None:
        for rag in self.rags.values():
            rag.close()


def handler_of(rag: Rag, release: Ref) -> Handler:
    """RAG speaks of tokens, citations and answers, serving of events: this is where they meet."""

    async def handle(request: Request) -> AsyncIterator[Event]:
        stream = rag.answer(request.question, model=request.model, release=release, **_asked(request))
        async for item in stream:
            match item:
                case Token():
                    yield Event("token", {"text": item.text})
                case Citation():
                    yield Event("citation", citation_data(item))
                case Answer():
                    yield Event("done", answer_data(item))

    return handle


class _Asked(TypedDict):
    where: Mapping[str, object] | None
    history: Sequence[Turn]
    conversation: str
    owner: str
    at: str


def _asked(request: Request) -> _Asked:
    """What a request says beside its question."""
    return _Asked(
        where=request.filter or None,
        history=[Turn(question, answer) for question, answer in request.history],
        conversation=request.conversation,
        owner=request.owner,
        at=request.at,
    )


def passages_of(rag: Rag, release: Ref) -> Handler:
    """The handler behind `rule.top_passages`: what was found, without a model."""

    async def handle(request: Request) -> AsyncIterator[Event]:
        answer = await rag.passages(request.question, release=release, **_asked(request))
        yield Event("token", {"text": answer.text})
        yield Event("done", answer_data(answer))

    return handle


async def outcome_of(rag: Rag, release: Ref, example: EvalExample) -> Outcome:
    """One example, answered by a pipeline and told in the words of evaluation."""
    answer: Answer | None = None
    async for item in rag.answer(example.input, release=release):
        if isinstance(item, Answer):
            answer = item
    if answer is None:
        raise NotFound(f"the pipeline gave no answer to example {example.id!r}")
    return _outcome(rag, answer, [retrieved_of(hit) for hit in answer.hits], answer.ref)


def outcome_of_trial(rag: Rag, tried: Tried) -> Outcome:
    """An answer that was not kept; what was retrieved is what the model was shown."""
    shown = [Retrieved(one.chunks[0].key, one.text, (one.start, one.end)) for one in tried.prompt.shown]
    return _outcome(rag, tried.answer, shown, None)


def _outcome(rag: Rag, answer: Answer, retrieved: Sequence[Retrieved], ref: Ref | None) -> Outcome:
    return Outcome(
        output=answer.text,
        retrieved=tuple(retrieved),
        cited=tuple(
            Cited(c.key, c.quote, resolves=rag.resolves(c), span=(c.span.start, c.span.end)) for c in answer.citations
        ),
        abstained=answer.abstained,
        cost=answer.cost,
        seconds=answer.seconds,
        answer=ref,
    )


def retrieved_of(hit: Hit) -> Retrieved:
    """A hit in the words of evaluation."""
    return Retrieved(hit.chunk.key, hit.chunk.text, (hit.chunk.span.start, hit.chunk.span.end))
