"""Jobs: durable work that runs at least once, on this machine or on many.

`enqueue` acknowledges a job when it is durable; from then on it is run until it ends, whatever is killed meanwhile.
Handlers are therefore idempotent: they may see the same job twice. Only a TransientError is retried (exponential
backoff with full jitter); any other error makes the job a dead letter, which can be listed and replayed.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from mlwright.kernel.clock import Clock
from mlwright.kernel.cron import Schedule
from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.queue import Job, Limits, Queue, State
from mlwright.kernel.store import Store
from mlwright.kernel.worker import Attempt, Bell, Handler, Worker

__all__ = ["Attempt", "Job", "Jobs", "Worker"]


class Jobs:
    """The jobs of one workspace."""

    def __init__(self, store: Store, clock: Clock, *, lease: timedelta = timedelta(seconds=30)) -> None:
        self._queue, self._clock = Queue(store, clock, lease), clock
        self._handlers: dict[str, Handler] = {}
        self._bell = Bell()

    def handle(
        self,
        name: str,
        work: Callable[[Attempt], None],
        *,
        concurrency: int | None = None,
        per_second: float | None = None,
        retries: int = 8,
    ) -> None:
        """Say what a job of this name does. The limits hold over all workers of the store; `retries` are for
        TransientError only."""
        limits = Limits(concurrency, per_second)
        if limits != Limits():
            self._queue.limit(name, limits)
        self._handlers[name] = Handler(work, limits, retries)

    def enqueue(
        self,
        name: str,
        payload: Mapping[str, Any] | None = None,
        *,
        priority: int = 0,
        run_at: datetime | None = None,
        key: str = "",
    ) -> Ref:
        """Add a job and return when it is durable. The highest `priority` runs first. While a job with the same `key`
        is open (waiting or running), that job is returned and none is added. Raises ValueError or TypeError where the
        payload is not JSON."""
        ref = self._queue.add(name, payload or {}, priority, run_at, key)
        self._bell.ring()
        return ref

    def cron(self, name: str, schedule: str, job: str, payload: Mapping[str, Any] | None = None) -> None:
        """Enqueue a job by a five-field schedule in UTC, as `*/5 * * * *`. Missed times run once; a run that is still
        open is not doubled. Raises UserError for a schedule that is not one."""
        try:
            Schedule.parse(schedule)
        except ValueError as error:
            raise UserError(f"cron {name!r}: {error}", hint="write five fields, as in '30 4 * * 1-5'") from error
        self._queue.set_cron(name, schedule, job, payload or {})

    def drop_cron(self, name: str) -> None:
        """Forget a schedule; jobs that it enqueued stay."""
        self._queue.drop_cron(name)

    def job(self, ref: Ref) -> Job:
        """One job as it stands. Raises NotFound."""
        return self._queue.job(ref)

    def jobs(self, state: State | None = None, *, name: str | None = None, limit: int = 100) -> list[Job]:
        """The newest jobs first; `jobs("dead")` are the dead letters."""
        return self._queue.jobs(state, name, limit)

    def cancel(self, ref: Ref) -> None:
        """End a waiting job; ask a running one to stop at its next `attempt.check()`. Raises NotFound."""
        self._queue.job(ref)
        self._queue.cancel(ref)

    def replay(self, ref: Ref) -> None:
        """Run a dead or cancelled job again. Raises Conflict in any other state."""
        self._queue.replay(ref)
        self._bell.ring()

    def prune(self, before: datetime) -> int:
        """Forget jobs that were done or cancelled before a time; dead letters stay."""
        return self._queue.prune(before)

    def run_pending(self) -> int:
        """Run everything that is due now in this thread; returns how many attempts were made."""
        return self.worker().run_pending()

    def worker(self, *, threads: int = 1, poll: float = 0.5) -> Worker:
        """A worker for all handlers; `with jobs.worker(threads=4):` runs it beside the caller."""
        return Worker(self._queue, self._handlers, self._clock, self._bell, threads=threads, poll=poll)
