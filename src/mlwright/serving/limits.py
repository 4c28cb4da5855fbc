"""Limits of an endpoint: how many requests a caller may make, and how many are answered at the same time."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from mlwright.kernel.errors import Refused

_CALLERS = 10_000
_BURST_S = 60.0


class RateLimit:
    """A token bucket per caller: as many requests at once as a minute allows, then `rate` a second.

    Kept as one number per caller, the moment at which the bucket is full again (the "generic cell rate algorithm").
    The 10,000 callers seen last are remembered; who was forgotten starts with a full bucket.
    """

    def __init__(self, rate: float, *, now: Callable[[], float] = monotonic) -> None:
        self._interval = 1 / rate
        self._tolerance = max(_BURST_S, self._interval) - self._interval
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._now = now

    def take(self, caller: str) -> None:
        """Take one token. Raises Refused that says when the next one is there."""
        now = self._now()
        full_at = max(self._full_at.get(caller, now), now)
        wait = full_at - now - self._tolerance
        if wait > 1e-9:
            raise Refused(
                f"too many requests: this endpoint allows {60 / self._interval:g} a minute for each caller",
                hint=f"try again in {wait:.1f} s, or raise limits.rate of the endpoint",
                retry_after=wait,
            )
        self._full_at[caller] = full_at + self._interval
        self._full_at.move_to_end(caller)
        if len(self._full_at) > _CALLERS:
            self._full_at.popitem(last=False)


class Places:
    """At most `concurrency` requests are answered at once; the others wait in order, each at most `queue` seconds."""

    def __init__(self, endpoint: str, concurrency: int, queue: float) -> None:
        self._endpoint, self._concurrency, self._queue = endpoint, concurrency, queue
        self._free = asyncio.Semaphore(concurrency)
        self.waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place. Raises Refused when none was free in time."""
        if self._free.locked():
            await self._wait()
        else:
            await self._free.acquire()
        try:
            yield
        finally:
            self._free.release()

    async def _wait(self) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout(self._queue):
                await self._free.acquire()
        except TimeoutError:
            raise Refused(
                f"endpoint {self._endpoint!r} is busy: all {self._concurrency} places were taken for {self._queue:g} s",
                hint="try again later, or raise limits.concurrency or limits.queue of the endpoint",
                retry_after=max(1.0, self._queue),
            ) from None
        finally:
            self.waiting -= 1
