"""Workers: threads that take jobs, keep their leases alive, and end them one way or the other."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any

from mlwright.kernel.clock import Clock
from mlwright.kernel.cron import Schedule
from mlwright.kernel.errors import MlwrightError, TransientError
from mlwright.kernel.ids import Ref
from mlwright.kernel.queue import Claim, Limits, Queue

_log = logging.getLogger("mlwright.jobs")
_random = secrets.SystemRandom()
_BACKOFF, _BACKOFF_CAP = 1.0, 600.0  # seconds
_SWEEP = 5.0  # seconds between looks for dead processes and due crons
_TICK = 1.0  # seconds between looks for a request to stop


class Bell:
    """Rung for every new job; a worker that heard all rings so far waits for the next."""

    def __init__(self) -> None:
        self._condition, self._rings = threading.Condition(), 0

    @property
    def rings(self) -> int:
        return self._rings

    def ring(self) -> None:
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def wait(self, heard: int, timeout: float) -> None:
        """Until there are more rings than `heard`, at most `timeout` seconds."""
        with self._condition:
            self._condition.wait_for(lambda: self._rings != heard, timeout)


class Stopped(Exception):
    """Raised by `Attempt.check` where the job was cancelled, its worker ends, or its lease was lost."""


class Attempt:
    """What a handler is given: the payload, and the means to report and to be stopped."""

    def __init__(self, queue: Queue, claim: Claim) -> None:
        self._queue, self.claim = queue, claim
        self._reported = 0.0
        self._stop = threading.Event()

    @property
    def ref(self) -> Ref:
        return self.claim.job.ref

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.claim.job.payload

    @property
    def number(self) -> int:
        """1 for the first attempt."""
        return self.claim.job.failures + self.claim.job.deaths + 1

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Say how far it is; written at most five times a second, and always at the end. Also checks for a stop."""
        self.check()
        now = time.monotonic()
        if done == total or now - self._reported > 0.2:
            self._reported = now
            self._queue.progress(self.claim, done, total, note)

    def check(self) -> None:
        """Raise Stopped when the work shall stop; call it where stopping is safe."""
        if self._stop.is_set():
            raise Stopped

    def stop(self) -> None:
        self._stop.set()


@dataclass(frozen=True, slots=True)
class Handler:
    """What a name does, within which limits."""

    work: Callable[[Attempt], None]
    limits: Limits
    retries: int


class Worker:
    """Takes jobs until it is stopped. One heart renews the leases of all its threads."""

    def __init__(
        self,
        queue: Queue,
        handlers: Mapping[str, Handler],
        clock: Clock,
        bell: Bell,
        *,
        threads: int,
        poll: float,
    ) -> None:
        self._queue, self._handlers, self._clock, self._bell, self._poll = queue, handlers, clock, bell, poll
        self._active: dict[str, Attempt] = {}
        self._ending, self._ended = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"mlwright-worker-{n}", daemon=True) for n in range(threads)
        ]
        self._heart = threading.Thread(target=self._keep_alive, name="mlwright-worker-heart", daemon=True)

    def __enter__(self) -> "Worker":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._sweep()
        for thread in (self._heart, *self._threads):
            thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Take no more jobs, ask the running ones to stop, and wait; what stops midway goes back to the queue.

        Work that has not ended after `timeout` seconds goes on, and keeps its lease, as long as the process lives."""
        self._ending.set()
        for attempt in list(self._active.values()):
            attempt.stop()
        self._bell.ring()
        until = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        if not any(thread.is_alive() for thread in self._threads):
            self._ended.set()
            self._heart.join()

    def run_pending(self) -> int:
        """Run what is due in this thread until nothing is; returns the number of attempts."""
        self._sweep()
        self._heart.start()
        attempts = 0
        try:
            while self._one():
                attempts += 1
        finally:
            self._ended.set()
            self._heart.join()
        return attempts

    def _work(self) -> None:
        while not self._ending.is_set():
            heard = self._bell.rings
            if not self._guarded(self._one) and not self._ending.is_set():
                self._bell.wait(heard, self._poll)

    def _guarded(self, step: Callable[[], object]) -> object:
        """A worker outlives a store that is away for a moment."""
        try:
            return step()
        except MlwrightError:
            _log.exception("a worker could not reach its store")
            return None

    def _one(self) -> bool:
        claim = self._queue.claim({name: handler.limits for name, handler in self._handlers.items()})
        if claim is None:
            return False
        attempt = Attempt(self._queue, claim)
        self._active[claim.lease] = attempt
        try:
            self._try(attempt, self._handlers[claim.job.name])
        finally:
            del self._active[claim.lease]
        return True

    def _try(self, attempt: Attempt, handler: Handler) -> None:
        claim = attempt.claim
        try:
            handler.work(attempt)
        except Stopped:
            if self._queue.asked_to_stop(claim):
                self._queue.end(claim, "cancelled")
            else:
                self._queue.hand_back(claim)
        except TransientError as error:
            if claim.job.failures >= handler.retries:
                self._queue.end(claim, "dead", f"gave up after {claim.job.failures + 1} attempts: {_words(error)}")
            else:
                self._queue.retry(claim, backoff(claim.job.failures, error.retry_after), _words(error))
        except Exception as error:
            _log.exception("job %s (%s) failed for good", attempt.ref, claim.job.name)
            self._queue.end(claim, "dead", _words(error))
        except BaseException:  # the process is being ended: the job did nothing wrong
            self._queue.hand_back(claim)
            raise
        else:
            self._queue.end(claim, "done")

    def _keep_alive(self) -> None:
        third = self._queue.lease.total_seconds() / 3
        beaten = swept = time.monotonic()
        while not self._ended.wait(min(_TICK, third)):
            now = time.monotonic()
            self._guarded(self._listen)
            if now - beaten >= third:
                beaten = now
                self._guarded(self._beat)
            if now - swept >= _SWEEP:
                swept = now
                self._guarded(self._sweep)

    def _listen(self) -> None:
        for attempt in list(self._active.values()):
            if self._queue.asked_to_stop(attempt.claim):
                attempt.stop()

    def _beat(self) -> None:
        attempts = dict(self._active)
        for lease in self._queue.beat(attempt.claim for attempt in attempts.values()):
            attempts[lease].stop()

    def _sweep(self) -> None:
        self._queue.free_the_dead()
        now = self._clock.now()
        for name, schedule, last in self._queue.crons():
            if last > now + timedelta(minutes=1):  # the clock went back
                self._queue.fire_cron(name, last, now, run=False)
            elif (due := Schedule.parse(schedule).latest(now)) is not None and due > last:
                self._queue.fire_cron(name, last, due, run=True)


def backoff(failures: int, retry_after: float | None) -> timedelta:
    """Full jitter: anything up to the doubled bound (AWS architecture blog, 2015), and never before `retry_after`."""
    bound = min(_BACKOFF_CAP, _BACKOFF * 2 ** min(failures, 30))
    return timedelta(seconds=(retry_after or 0.0) + _random.uniform(0, bound))


def _words(error: BaseException) -> str:
    return error.message if isinstance(error, MlwrightError) else f"{type(error).__name__}: {error}"
