"""What serving asks of the rest of the world; `app` says who answers."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from mlwright.kernel.ids import Ref


@dataclass(frozen=True, slots=True)
class Request:
    """A question to an endpoint. `user` decides which release answers, and is never stored in clear; `filter` is JSON
    that the handler understands. It may lean on `history`, the questions and answers before it, or on a `conversation`
    (a reference, or `new`) of `owner`."""

    question: str
    user: str = ""
    filter: Mapping[str, object] = field(default_factory=dict)
    history: Sequence[tuple[str, str]] = ()
    conversation: str = ""
    owner: str = ""
    at: str = ""
    """A version of the past that the handler knows; such an answer is not cached."""
    model: str = ""
    """The name of a fallback model to use instead of the endpoint's own; set by serving."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream: `token` {text} while it speaks, `citation` {number, quote…} before the token that shows
    its mark, then `done` {answer…} once.

    The data of `done` is JSON and is what the non-streamed call returns. Serving reads its `answer` (a reference as
    text) and `cost` (USD or None), to which it adds what failed tries cost; it adds `cached`: true to a replayed one,
    `fallback`: its name to a rescued one, and `failed` [{model, error, cost}] after tries that failed. The faces read
    `text`, `citations` and `usage` {input_tokens, output_tokens}. A failure is an exception of the handler; the face
    turns it into an `error` event when the stream has begun."""

    type: Literal["token", "citation", "done"]
    data: Mapping[str, object] = field(default_factory=dict)


class Handler(Protocol):
    """A release that can answer."""

    def __call__(self, request: Request) -> AsyncIterator[Event]: ...


class Handlers(Protocol):
    """Finds the handler of a release, and says what its answers depend on."""

    def handler(self, release: Ref, endpoint: str) -> Handler:
        """Raises NotFound where the release is not known here."""
        ...

    def versions(self, release: Ref, endpoint: str) -> Mapping[str, str]:
        """Everything besides the request that changes the answer: release, model, prompt and index versions.
        It is part of every cache key, so a changed index can never be answered from the cache."""
        ...

    def top_passages(self, release: Ref, endpoint: str) -> Handler:
        """The handler behind the fallback `rule.top_passages`: the retrieved passages, no model."""
        ...


class Gate(Protocol):
    """Raises Refused (with what to run) when a release may not get more traffic."""

    def __call__(self, gate: str, release: Ref) -> None: ...
