"""The SQL of jobs: each function is one durable step in the life of a job.

States: waiting -> running -> done | dead | cancelled, and running -> waiting for a retry. A running job is leased; a
lease that ran out, or whose process is known to be dead, is taken by the next worker.

The clock may step back. A job without a time of its own is due always (`run_at` is empty); delays and leases carry
the time when they were set, and one that was set more than a minute in the future means nothing any more.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from mlwright.kernel.clock import Clock, stamp, unstamp
from mlwright.kernel.errors import Conflict, NotFound
from mlwright.kernel.ids import Ref, new_id
from mlwright.kernel.process import is_alive, this_process
from mlwright.kernel.store import Store, Transaction

State = Literal["waiting", "running", "done", "dead", "cancelled"]

_SKEW = timedelta(seconds=60)  # clocks of two machines may differ by this
_DEATHS = 10  # workers that a job may take with it (a crash in native code) before it is a dead letter


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands. `run_at` is None for "now"; `failures` counts retried errors, `deaths` workers that died."""

    ref: Ref
    name: str
    payload: Mapping[str, Any]
    state: State
    priority: int
    run_at: datetime | None
    key: str
    failures: int
    deaths: int
    done: int
    total: int | None
    note: str
    error: str
    created: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Limits:
    """How many jobs of a name run at once, and how many start per second, over all workers. None: no limit."""

    concurrency: int | None = None
    per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A leased job; `lease` proves the right to finish it."""

    job: Job
    lease: str


class Queue:
    """The jobs of one store. `lease` is how long a worker may be silent."""

    def __init__(self, store: Store, clock: Clock, lease: timedelta = timedelta(seconds=30)) -> None:
        self._store, self._clock, self.lease = store, clock, lease
        self._skip_locked = " for update skip locked" if store.engine == "postgresql" else ""

    def add(self, name: str, payload: Mapping[str, Any], priority: int, run_at: datetime | None, key: str) -> Ref:
        """Insert a job; with the key of an open one, that one is the answer. Durable when it returns."""
        text = json.dumps(payload, allow_nan=False)
        while True:
            id_ = new_id()
            if self._store.write(_INSERT, _fresh(id_, name, text, priority, run_at, key, self._clock.now())):
                return Ref("job", id_)
            sql = "select id from kernel_job where key = ? and state in ('waiting', 'running')"
            if found := self._store.one(sql, (key,)):  # None: it ended in between, so the key is free again
                return Ref("job", found["id"])

    def limit(self, name: str, limits: Limits) -> None:
        """Publish the limits of a name to all workers."""
        sql = (
            "insert into kernel_job_limit (name, concurrency, per_second, tokens, filled_at) values (?, ?, ?, 1, ?) "
            "on conflict (name) do update set concurrency = excluded.concurrency, per_second = excluded.per_second"
        )
        self._store.write(sql, (name, limits.concurrency, limits.per_second, stamp(self._clock.now())))

    def claim(self, names: Mapping[str, Limits]) -> Claim | None:
        """Lease the next job of these names, or None. The idle case takes no write lock."""
        now = self._clock.now()
        if not names or not self._due(self._store.one, sorted(names), now, ""):
            return None
        with self._store.transaction(alone=False) as tx:
            allowed = [name for name in sorted(names) if self._admits(tx, name, names[name], now)]
            while allowed and (row := self._due(tx.one, allowed, now, self._skip_locked)):
                if claim := self._take(tx, row, now):
                    self._spend(tx, row["name"], names[row["name"]])
                    return claim
        return None

    def _due(
        self,
        one: Callable[[str, Sequence[Any]], Mapping[str, Any] | None],
        names: list[str],
        now: datetime,
        suffix: str,
    ) -> Mapping[str, Any] | None:
        marks, current, future = ", ".join("?" * len(names)), stamp(now), stamp(now + _SKEW)
        expired = _EXPIRED.format(names=marks) + suffix
        waiting = _WAITING.format(names=marks) + suffix
        return one(expired, (*names, current, future)) or one(waiting, (*names, current, future))

    def _take(self, tx: Transaction, row: Mapping[str, Any], now: datetime) -> Claim | None:
        died = row["state"] == "running"
        if row["stop"] or (died and row["deaths"] + 1 >= _DEATHS):
            state, error = ("cancelled", "") if row["stop"] else ("dead", f"{_DEATHS} workers died of it")
            tx.write(_END, (state, error, stamp(now), row["id"], row["lease"]))
            return None
        lease = f"{this_process()}#{new_id()}"
        tx.write(_LEASE, (lease, stamp(now), stamp(now + self.lease), int(died), row["id"]))
        return Claim(_job(row), lease)

    def _admits(self, tx: Transaction, name: str, limits: Limits, now: datetime) -> bool:
        if limits == Limits():
            return True
        row = tx.one(_LIMIT + self._skip_locked, (name,))
        if row is None:  # another worker is at this name right now
            return False
        if limits.concurrency is not None and self._running(tx, name, now) >= limits.concurrency:
            return False
        if limits.per_second is None:
            return True
        tokens = _refilled(row, limits.per_second, now)
        tx.write("update kernel_job_limit set tokens = ?, filled_at = ? where name = ?", (tokens, stamp(now), name))
        return tokens >= 1

    def _running(self, tx: Transaction, name: str, now: datetime) -> int:
        sql = (
            "select count(*) as n from kernel_job where state = 'running' and name = ? "
            "and leased_until >= ? and leased_at <= ?"
        )
        row = tx.one(sql, (name, stamp(now), stamp(now + _SKEW)))
        return int(row["n"]) if row else 0

    def _spend(self, tx: Transaction, name: str, limits: Limits) -> None:
        if limits.per_second is not None:
            tx.write("update kernel_job_limit set tokens = tokens - 1 where name = ?", (name,))

    def beat(self, claims: Iterable[Claim]) -> set[str]:
        """Renew leases; returns those that are lost."""
        now = self._clock.now()
        sql = "update kernel_job set leased_at = ?, leased_until = ? where id = ? and lease = ?"
        until = stamp(now + self.lease)
        return {
            claim.lease
            for claim in claims
            if not self._store.write(sql, (stamp(now), until, claim.job.ref.id, claim.lease))
        }

    def asked_to_stop(self, claim: Claim) -> bool:
        row = self._store.one("select stop from kernel_job where id = ?", (claim.job.ref.id,))
        return row is None or bool(row["stop"])

    def end(self, claim: Claim, state: State, error: str = "") -> bool:
        """Finish a job; False where the lease was lost, so that another worker will."""
        at = stamp(self._clock.now())
        return bool(self._store.write(_END, (state, error, at, claim.job.ref.id, claim.lease)))

    def retry(self, claim: Claim, delay: timedelta, error: str) -> None:
        """Let a failed job wait again."""
        now = self._clock.now()
        sql = (
            "update kernel_job set state = 'waiting', failures = failures + 1, run_at = ?, delayed_at = ?, error = ?, "
            "lease = '', leased_at = '', leased_until = '' where id = ? and lease = ?"
        )
        self._store.write(sql, (stamp(now + delay), stamp(now), error, claim.job.ref.id, claim.lease))

    def hand_back(self, claim: Claim) -> None:
        """Give a job that did nothing wrong to another worker, at once."""
        sql = (
            "update kernel_job set state = 'waiting', run_at = '', delayed_at = '', "
            "lease = '', leased_at = '', leased_until = '' where id = ? and lease = ?"
        )
        self._store.write(sql, (claim.job.ref.id, claim.lease))

    def progress(self, claim: Claim, done: int, total: int | None, note: str) -> None:
        sql = "update kernel_job set done = ?, total = ?, note = ? where id = ? and lease = ?"
        self._store.write_soon(sql, ((done, total, note, claim.job.ref.id, claim.lease),))

    def free_the_dead(self) -> int:
        """Expire the leases of processes of this machine that no longer run; returns how many."""
        sql = "select id, lease from kernel_job where state = 'running' and leased_until <> ''"
        freed = 0
        for row in self._store.rows(sql):
            if is_alive(row["lease"].partition("#")[0]) is False:
                sql_free = "update kernel_job set leased_until = '' where id = ? and lease = ?"
                freed += self._store.write(sql_free, (row["id"], row["lease"]))
        return freed

    def cancel(self, ref: Ref) -> None:
        """A waiting job ends at once; a running one is asked to."""
        at = stamp(self._clock.now())
        sql = "update kernel_job set state = 'cancelled', ended_at = ? where id = ? and state = 'waiting'"
        if not self._store.write(sql, (at, ref.id)):
            self._store.write("update kernel_job set stop = 1 where id = ? and state = 'running'", (ref.id,))

    def replay(self, ref: Ref) -> None:
        """Make a dead or cancelled job wait again, with a clean slate. Raises Conflict where its key is open again."""
        if not self._store.write(_REPLAY, (ref.id,)):
            job = self.job(ref)
            hint = "wait until the open job with its key has ended" if job.state in ("dead", "cancelled") else ""
            raise Conflict(f"{ref} is {job.state} and cannot be replayed now", hint=hint)

    def job(self, ref: Ref) -> Job:
        row = self._store.one("select * from kernel_job where id = ?", (ref.id,))
        if row is None:
            raise NotFound(f"there is no job {ref}", hint="list the known ones with `jobs()`")
        return _job(row)

    def jobs(self, state: State | None, name: str | None, limit: int) -> list[Job]:
        """The newest jobs first."""
        sql = "select * from kernel_job where (? = '' or state = ?) and (? = '' or name = ?) order by id desc limit ?"
        return [_job(row) for row in self._store.rows(sql, (state or "", state or "", name or "", name or "", limit))]

    def prune(self, before: datetime) -> int:
        """Forget jobs that ended well, or were cancelled, before a time; dead letters stay."""
        sql = "delete from kernel_job where state in ('done', 'cancelled') and ended_at < ?"
        return self._store.write(sql, (stamp(before),))

    def set_cron(self, name: str, schedule: str, job: str, payload: Mapping[str, Any]) -> None:
        """Publish a schedule; a changed one starts counting now."""
        sql = (
            "insert into kernel_cron (name, schedule, job, payload, last_at) values (?, ?, ?, ?, ?) "
            "on conflict (name) do update set job = excluded.job, payload = excluded.payload, "
            "last_at = case when kernel_cron.schedule = excluded.schedule then kernel_cron.last_at "
            "else excluded.last_at end, schedule = excluded.schedule"
        )
        self._store.write(sql, (name, schedule, job, json.dumps(payload, allow_nan=False), stamp(self._clock.now())))

    def crons(self) -> list[tuple[str, str, datetime]]:
        """Name, schedule and last time of every cron."""
        rows = self._store.rows("select name, schedule, last_at from kernel_cron order by name")
        return [(row["name"], row["schedule"], unstamp(row["last_at"])) for row in rows]

    def fire_cron(self, name: str, last: datetime, at: datetime, *, run: bool) -> bool:
        """Move a cron from `last` to `at` and, if it shall run, enqueue its job: both or neither, by one worker."""
        with self._store.transaction() as tx:
            sql = "update kernel_cron set last_at = ? where name = ? and last_at = ?"
            if not tx.write(sql, (stamp(at), name, stamp(last))):
                return False
            row = tx.one("select job, payload from kernel_cron where name = ?", (name,))
            if row is not None and run:
                fresh = _fresh(new_id(), row["job"], row["payload"], 0, None, f"cron:{name}", self._clock.now())
                tx.write(_INSERT, fresh)
            return run

    def drop_cron(self, name: str) -> None:
        self._store.write("delete from kernel_cron where name = ?", (name,))


_INSERT = (
    "insert into kernel_job (id, name, payload, state, priority, run_at, delayed_at, key, failures, deaths, lease, "
    "leased_at, leased_until, stop, done, total, note, error, created_at, ended_at) "
    "values (?, ?, ?, 'waiting', ?, ?, '', ?, 0, 0, '', '', '', 0, 0, null, '', '', ?, null) on conflict do nothing"
)
_LIMIT = "select * from kernel_job_limit where name = ?"
_EXPIRED = (
    "select * from kernel_job where state = 'running' and name in ({names}) "
    "and (leased_until < ? or leased_at > ?) order by priority desc, id limit 1"
)
_WAITING = (
    "select * from kernel_job where state = 'waiting' and name in ({names}) "
    "and (run_at <= ? or delayed_at > ?) order by priority desc, run_at, id limit 1"
)
_LEASE = (
    "update kernel_job set state = 'running', lease = ?, leased_at = ?, leased_until = ?, deaths = deaths + ? "
    "where id = ?"
)
_REPLAY = (
    "update kernel_job set state = 'waiting', run_at = '', delayed_at = '', failures = 0, deaths = 0, stop = 0, "
    "error = '', ended_at = null, lease = '', leased_at = '', leased_until = '' "
    "where id = ? and state in ('dead', 'cancelled') and (key is null or not exists (select 1 from kernel_job o "
    "where o.key = kernel_job.key and o.state in ('waiting', 'running')))"
)
_END = (
    "update kernel_job set state = ?, error = ?, ended_at = ?, lease = '', leased_at = '', leased_until = '' "
    "where id = ? and lease = ?"
)


def _fresh(
    id_: str, name: str, payload: str, priority: int, run_at: datetime | None, key: str, now: datetime
) -> tuple[Any, ...]:
    return (id_, name, payload, priority, stamp(run_at) if run_at else "", key or None, stamp(now))


def _refilled(row: Mapping[str, Any], per_second: float, now: datetime) -> float:
    """The token bucket after the time since it was filled; it holds one second's worth, at least one."""
    passed = max(0.0, (now - unstamp(row["filled_at"])).total_seconds())
    return float(min(max(1.0, per_second), row["tokens"] + passed * per_second))


def _job(row: Mapping[str, Any]) -> Job:
    return Job(
        Ref("job", row["id"]), row["name"], json.loads(row["payload"]), row["state"], row["priority"],
        unstamp(row["run_at"]) if row["run_at"] else None, row["key"] or "", row["failures"], row["deaths"],
        row["done"], row["total"], row["note"], row["error"], unstamp(row["created_at"]),
        unstamp(row["ended_at"]) if row["ended_at"] else None,
    )  # fmt: skip
