"""One answer from a release: its own model with retries, then the fallbacks, each behind a circuit breaker."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from mlwright.kernel.errors import ProviderError, TransientError
from mlwright.kernel.ids import Ref
from mlwright.serving.breaker import Breaker
from mlwright.serving.ports import Event, Handler, Handlers, Request
from mlwright.serving.spec import TOP_PASSAGES, EndpointSpec

_FIRST_DELAY_S = 0.1
_LONGEST_DELAY_S = 8.0


class Attempts:
    """Asks one model after another until an answer has begun; from its first token on, a failure is the client's.

    The only place that retries a model for an answer: parts never do, so tries do not multiply.
    """

    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers
        self._breakers: dict[tuple[str, str, str], Breaker] = {}

    async def answer(
        self, endpoint: str, spec: EndpointSpec, release: Ref, request: Request
    ) -> AsyncGenerator[Event, None]:
        """Events up to and with `done`. Raises what the last model in the chain raised."""
        failures: list[tuple[str, ProviderError]] = []
        for model in ("", *spec.fallback):
            breaker = self._breaker(endpoint, release, model)
            for attempt in range(spec.limits.retries + 1):
                if not breaker.admit():
                    failures.append((model, _resting(endpoint, model, breaker.wait())))
                    break
                begun = False
                try:
                    async with aclosing(self._ask(endpoint, spec, release, request, model)) as events:
                        async for event in events:
                            begun = True
                            if event.type == "done":
                                breaker.succeeded()
                                event = _ended(event, model, failures)
                            yield event
                    return
                except ProviderError as error:
                    wait = error.retry_after if isinstance(error, TransientError) else None
                    breaker.failed(wait)
                    failures.append((model, error))
                    if begun:
                        error.cost = _sum(failures)
                        raise
                    if not isinstance(error, TransientError) or attempt == spec.limits.retries:
                        break
                    if (wait or 0.0) > spec.limits.queue:  # longer than anybody would wait in the queue
                        break
                    await asyncio.sleep(_delay(attempt, wait))
        last = failures[-1][1]
        last.cost = _sum(failures)
        raise last

    async def _ask(
        self, endpoint: str, spec: EndpointSpec, release: Ref, request: Request, model: str
    ) -> AsyncGenerator[Event, None]:
        """One try with one model, within `limits.timeout`; it ends with `done` or is a ProviderError."""
        handler = self._handler(endpoint, release, model)
        asked = request if model in ("", TOP_PASSAGES) else replace(request, model=model)
        deadline = asyncio.get_running_loop().time() + spec.limits.timeout
        finished = False
        async with aclosing(_closable(handler(asked))) as events:
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        event = await anext(events)
                except StopAsyncIteration:
                    break
                except TimeoutError:
                    raise TransientError(
                        f"{_name(endpoint, model)} took longer than {spec.limits.timeout:g} s",
                        hint="try again, or raise limits.timeout of the endpoint",
                    ) from None
                finished = event.type == "done"
                yield event
        if not finished:
            raise ProviderError(
                f"the handler of endpoint {endpoint!r} ended without an answer", hint="this is a defect of the handler"
            )

    def _handler(self, endpoint: str, release: Ref, model: str) -> Handler:
        if model == TOP_PASSAGES:
            return self._handlers.top_passages(release, endpoint)
        return self._handlers.handler(release, endpoint)

    def _breaker(self, endpoint: str, release: Ref, model: str) -> Breaker:
        """One per model of a release, since another release may mean another model by the same name."""
        key = (release.id, "" if model else endpoint, model)
        return self._breakers.setdefault(key, Breaker())


async def _closable(events: AsyncIterator[Event]) -> AsyncGenerator[Event, None]:
    """Any iterator of events as a generator; closing it closes the one behind it, if that can be closed."""
    try:
        async for event in events:
            yield event
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


def _ended(event: Event, model: str, failures: Sequence[tuple[str, ProviderError]]) -> Event:
    """The answer, with who rescued it, and with what failed on the way: that belongs to what the request costs."""
    data = dict(event.data)
    if model:
        data["fallback"] = model
    if failures:
        data["failed"] = [{"model": name, "error": error.message, "cost": error.cost} for name, error in failures]
        cost, lost = data.get("cost"), _sum(failures)
        data["cost"] = cost + lost if isinstance(cost, int | float) and lost is not None else None
    return Event("done", data)


def _sum(failures: Sequence[tuple[str, ProviderError]]) -> float | None:
    """USD of the tries that failed; None where one has no price."""
    costs = [error.cost for _, error in failures]
    return None if None in costs else sum(cost or 0.0 for cost in costs)


def _delay(attempt: int, retry_after: float | None) -> float:
    """Full jitter (a random part of a doubling delay), but never sooner than the provider asked for."""
    jittered = random.uniform(0, min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2**attempt))  # noqa: S311 - spreads load, guards nothing
    return max(retry_after or 0.0, jittered)


def _name(endpoint: str, model: str) -> str:
    return f"the fallback {model!r} of endpoint {endpoint!r}" if model else f"the model of endpoint {endpoint!r}"


def _resting(endpoint: str, model: str, seconds: float) -> TransientError:
    return TransientError(
        f"{_name(endpoint, model)} failed too often and is left alone for {seconds:.0f} s",
        hint="look at the last errors with: mlwright status",
        retry_after=seconds,
    )
