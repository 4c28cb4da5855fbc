"""A release that answers by script: for tests of serving and of what stands around it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mlwright.kernel.ids import Ref, new_ref
from mlwright.serving import Event, Handler, Request


@dataclass
class ScriptedHandlers:
    """Satisfies serving's port `Handlers`. Every release answers with its id and the question, in two tokens.

    `failures` are raised one per call, before the first token (`halfway`: after it); `fails` says which releases or
    models always fail; `seconds` is how long an answer takes, `citations` what it cites before its second token;
    `asked` and `cancelled` tell what happened."""

    failures: list[Exception] = field(default_factory=list)
    fails: Callable[[Ref, Request], Exception | None] = lambda release, request: None
    halfway: bool = False
    seconds: float = 0.0
    cost: float | None = 0.001
    citations: Sequence[Mapping[str, object]] = ()
    version: str = "1"
    asked: list[tuple[Ref, Request]] = field(default_factory=list)
    cancelled: int = 0
    running: int = 0
    most_running: int = 0

    def handler(self, release: Ref, endpoint: str) -> Handler:
        def handle(request: Request) -> AsyncIterator[Event]:
            return self._answer(release, request)

        return handle

    def versions(self, release: Ref, endpoint: str) -> Mapping[str, str]:
        return {"release": str(release), "index": self.version}

    def top_passages(self, release: Ref, endpoint: str) -> Handler:
        async def handle(request: Request) -> AsyncIterator[Event]:
            yield Event("token", {"text": "passages"})
            yield Event("done", self._done("passages", release))

        return handle

    async def _answer(self, release: Ref, request: Request) -> AsyncIterator[Event]:
        self.asked.append((release, request))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if not self.halfway:
                self._fail(release, request)
            if self.seconds:
                await asyncio.sleep(self.seconds)
            yield Event("token", {"text": f"{request.model or release.id}: "})
            if self.halfway:
                self._fail(release, request)
            for citation in self.citations:
                yield Event("citation", citation)
            yield Event("token", {"text": request.question})
            yield Event("done", self._done(f"{request.model or release.id}: {request.question}", release))
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise
        finally:
            self.running -= 1

    def _fail(self, release: Ref, request: Request) -> None:
        if self.failures:
            raise self.failures.pop(0)
        if error := self.fails(release, request):
            raise error

    def _done(self, text: str, release: Ref) -> dict[str, object]:
        usage = {"input_tokens": 7, "output_tokens": 3}
        return {
            "answer": str(new_ref("answer")), "text": text, "citations": list(self.citations), "abstained": False,
            "usage": usage, "cost": self.cost, "release": str(release),
        }  # fmt: skip
