"""A call: one request through limits, traffic split, cache, queue, retries and fallbacks, and into the log."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from time import perf_counter

from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import MlwrightError, NotFound, ProviderError, Refused
from mlwright.kernel.ids import Ref, new_id
from mlwright.serving import tables
from mlwright.serving.attempts import Attempts
from mlwright.serving.cache import ExactCache, cache_key
from mlwright.serving.limits import Places, RateLimit
from mlwright.serving.meters import Meters
from mlwright.serving.ports import Event, Handlers, Request
from mlwright.serving.rollout import Rollouts
from mlwright.serving.spec import EndpointSpec
from mlwright.serving.sticky import Tickets
from mlwright.serving.types import Outcome, RequestLog


class Calls:
    """Answers requests to all endpoints of one workspace, on one event loop."""

    def __init__(
        self,
        kernel: Kernel,
        endpoints: Mapping[str, EndpointSpec],
        handlers: Handlers,
        rollouts: Rollouts,
        tickets: Tickets,
        meters: Meters,
    ) -> None:
        self._kernel, self._endpoints, self._handlers = kernel, endpoints, handlers
        self._rollouts, self._tickets, self._meters = rollouts, tickets, meters
        self._attempts = Attempts(handlers)
        self._cache = ExactCache(kernel.store, kernel.clock)
        self._rates = {name: RateLimit(spec.limits.rate) for name, spec in endpoints.items()}
        self._places = {
            name: Places(name, spec.limits.concurrency, spec.limits.queue) for name, spec in endpoints.items()
        }

    async def call(self, endpoint: str, request: Request, *, key: str = "") -> AsyncIterator[Event]:
        """The events of the answer; closing the iterator early stops all work for it.

        `key` names the caller for `limits.rate`; the empty one is a caller inside this process, which is not limited.
        Raises NotFound (no such endpoint, or nothing deployed), Refused (too long, too often, too busy), and what the
        handler raises when neither a retry nor a fallback helped.
        """
        spec = self._admit(endpoint, request, key)
        record = _Record(self._release(endpoint, request))
        self._meters.in_flight[endpoint] += 1
        try:
            with self._kernel.spans.span(f"serve {endpoint}", {"mlwright.release": str(record.release)}):
                async with aclosing(self._answer(endpoint, spec, record.release, request)) as events:
                    async for event in events:
                        record.saw(event)
                        yield event
        except (GeneratorExit, asyncio.CancelledError):
            record.ended("cancelled")
            raise
        except Refused as error:
            record.ended("refused", error)
            raise
        except Exception as error:
            record.ended("error", error)
            raise
        finally:
            self._meters.in_flight[endpoint] -= 1
            self._finish(endpoint, request, record)

    def _admit(self, endpoint: str, request: Request, key: str) -> EndpointSpec:
        spec = self._endpoints.get(endpoint)
        if spec is None:
            known = ", ".join(sorted(self._endpoints)) or "none"
            raise NotFound(f"there is no endpoint {endpoint!r}", hint=f"this system serves: {known}")
        try:
            if len(request.question) > spec.limits.input:
                raise Refused(
                    f"endpoint {endpoint!r} takes {spec.limits.input} characters; this has {len(request.question)}",
                    hint="shorten it, or raise limits.input of the endpoint",
                )
            if key:
                self._rates[endpoint].take(key)
        except Refused:
            self._meters.refused(endpoint)
            raise
        return spec

    def _release(self, endpoint: str, request: Request) -> Ref:
        change = self._rollouts.current(endpoint)
        if change is None:
            raise NotFound(f"nothing is deployed at endpoint {endpoint!r} yet", hint="run: mlwright up")
        traffic = change.traffic
        if traffic.canary is None:
            return traffic.stable
        return traffic.pick(self._tickets.ticket(request.user, traffic.canary))

    def _answer(self, endpoint: str, spec: EndpointSpec, release: Ref, request: Request) -> AsyncGenerator[Event, None]:
        def fresh() -> AsyncGenerator[Event, None]:
            return self._in_place(endpoint, spec, release, request)

        ttl = spec.cache.exact
        if not ttl or request.conversation or request.at:  # what these mean is kept elsewhere, and changes
            return fresh()
        key = cache_key(endpoint, request, self._handlers.versions(release, endpoint))
        patience = spec.limits.queue + spec.limits.timeout
        return self._cache.through(key, endpoint, ttl, patience, fresh)

    async def _in_place(
        self, endpoint: str, spec: EndpointSpec, release: Ref, request: Request
    ) -> AsyncGenerator[Event, None]:
        async with (
            self._places[endpoint].place(),
            aclosing(self._attempts.answer(endpoint, spec, release, request)) as events,
        ):
            async for event in events:
                yield event

    def _finish(self, endpoint: str, request: Request, record: "_Record") -> None:
        log = record.log(endpoint, self._tickets.hash(request.user), self._kernel)
        self._meters.ended(log)
        if log.outcome in ("ok", "fallback", "error"):
            self._rollouts.saw(endpoint, record.release, failed=log.outcome != "ok")
        tables.log_request(self._kernel.store, log)


class _Record:
    """What happens to one request, until it is a row of the log."""

    __slots__ = ("_answer", "_began", "_cost", "_error", "_first", "_outcome", "release")

    def __init__(self, release: Ref) -> None:
        self.release = release
        self._began = perf_counter()
        self._first: float | None = None
        self._outcome: Outcome | None = None
        self._error = ""
        self._cost: float | None = None
        self._answer: Ref | None = None

    def saw(self, event: Event) -> None:
        if self._first is None:
            self._first = perf_counter() - self._began
        if event.type == "done":
            self._read(event.data)

    def _read(self, done: Mapping[str, object]) -> None:
        ref, cost = done.get("answer"), done.get("cost")
        self._answer = Ref.parse(ref) if isinstance(ref, str) and ref else None
        if done.get("cached"):
            self._outcome, self._cost = "cached", 0.0
            return
        self._outcome = "fallback" if done.get("fallback") else "ok"
        self._cost = float(cost) if isinstance(cost, int | float) else None

    def ended(self, outcome: Outcome, error: Exception | None = None) -> None:
        """Says how it ended without `done`; after `done` the request is answered, whatever the client does."""
        if self._outcome is None:
            self._outcome = outcome
            self._cost = error.cost if isinstance(error, ProviderError) else None
            self._error = error.message if isinstance(error, MlwrightError) else type(error).__name__ if error else ""

    def log(self, endpoint: str, user_hash: str, kernel: Kernel) -> RequestLog:
        return RequestLog(
            id=new_id(),
            endpoint=endpoint,
            release=self.release,
            user_hash=user_hash,
            outcome=self._outcome or "cancelled",
            seconds=perf_counter() - self._began,
            first_token=self._first,
            cost=self._cost,
            answer=self._answer,
            error=self._error,
            at=kernel.clock.now(),
        )
