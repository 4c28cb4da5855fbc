"""A chat model that says what it is told to, and the checks that every chat model must pass."""

from collections.abc import AsyncIterator, Callable, Sequence

from mlwright.kernel.errors import ProviderError
from mlwright.kernel.ids import Ref
from mlwright.models import ChatModel, ChatRequest, Delta, Finish, Message, Passage, Usage

Reply = str | Exception | Sequence[str | Exception]
"""A text (streamed word by word), an error to raise, or pieces in this order, an error among them."""


class ScriptedChat:
    """A ChatModel for tests: it answers with the given replies in turn, and the last one stays.

    A reply may also be a function of the request. `requests` holds what it was asked, `closed` whether it was closed.
    """

    def __init__(self, *replies: Reply | Callable[[ChatRequest], Reply], name: str = "scripted") -> None:
        if not replies:
            raise ValueError("a scripted chat model needs at least one reply")
        self.ref = Ref("model", name)
        self.requests: list[ChatRequest] = []
        self.closed = False
        self._replies = list(replies)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta | Finish]:
        self.requests.append(request)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        said = reply(request) if callable(reply) else reply
        written = 0
        for piece in _pieces(said):
            if isinstance(piece, Exception):
                raise piece
            written += len(piece)
            yield Delta(piece)
        read = sum(len(message.content) for message in request.messages)
        yield Finish(Usage(read // 4, written // 4, estimated=True), self.ref.id)

    async def close(self) -> None:
        self.closed = True


def _pieces(reply: Reply) -> Sequence[str | Exception]:
    if isinstance(reply, str):
        return [word + " " for word in reply.split(" ")[:-1]] + [reply.split(" ")[-1]]
    return [reply] if isinstance(reply, Exception) else reply


PASSAGES = (
    Passage(1, "The lighthouse was built in 1874. It stands on the eastern cliff.", 0.9),
    Passage(2, "Boats leave the harbour at nine. Tickets cost four pounds.", 0.5),
)
QUESTION = "When was the lighthouse built?"


async def check_chat(model: ChatModel) -> None:
    """Raises AssertionError where a chat model breaks its contract. It asks two short questions."""
    assert model.ref.kind == "model", f"ref is {model.ref}, its kind must be model"
    shown = "\n".join(f"[{passage.number}] {passage.text}" for passage in PASSAGES)
    request = ChatRequest(
        (Message("system", "Answer from the passages. Cite as [n]."), Message("user", f"{shown}\n\n{QUESTION}")),
        question=QUESTION,
        passages=PASSAGES,
        max_tokens=200,
    )
    seen = [event async for event in model.stream(request)]
    assert seen, "the stream was empty"
    assert isinstance(seen[-1], Finish), "the stream must end with a Finish"
    assert all(isinstance(event, Delta) for event in seen[:-1]), "there is exactly one Finish, at the end"
    finish = seen[-1]
    assert finish.model, "Finish.model names the model that has answered"
    usage = finish.usage
    assert min(usage.input_tokens, usage.output_tokens, usage.cached_input_tokens, usage.reasoning_tokens) >= 0
    assert usage.cached_input_tokens <= usage.input_tokens, "cached tokens are part of the input"
    stopped = model.stream(request)
    await anext(stopped)
    await stopped.aclose()  # type: ignore[attr-defined]  # the contract: closing early is allowed
    assert any([isinstance(event, Finish) async for event in model.stream(request)]), "it answers after an early close"


async def failure_of(model: ChatModel, request: ChatRequest) -> ProviderError:
    """The ProviderError that a call ends with. Raises AssertionError where it ends well."""
    try:
        async for _ in model.stream(request):
            pass
    except ProviderError as error:
        return error
    raise AssertionError("the call should have failed")
