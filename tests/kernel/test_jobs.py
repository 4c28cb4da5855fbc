"""Jobs on both engines: nothing acknowledged is lost, whatever dies, and whatever the clock does."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mlwright.kernel.clock import ManualClock, SystemClock
from mlwright.kernel.errors import Conflict, NotFound, TransientError, UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.jobs import Attempt, Jobs
from mlwright.kernel.queue import Limits, Queue
from mlwright.kernel.store import Store, open_store
from mlwright.kernel.worker import backoff

ELSEWHERE = "another-host|boot|ns|1|2#token"
YEAR = timedelta(days=365)


@pytest.fixture
def store(any_store: Store) -> Store:
    any_store.migrate("mlwright.kernel")
    return any_store


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def jobs(store: Store, clock: ManualClock) -> Jobs:
    return Jobs(store, clock)


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread does; fails after a minute."""
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def seize(store: Store, clock: ManualClock, lease: str, *names: str) -> None:
    """As if another worker had taken a job."""
    claim = Queue(store, clock).claim(dict.fromkeys(names, Limits()))
    assert claim is not None
    store.write("update kernel_job set lease = ? where id = ?", (lease, claim.job.ref.id))


def test_a_job_runs_with_its_payload_and_reports(jobs: Jobs, store: Store) -> None:
    seen = []

    def work(attempt: Attempt) -> None:
        seen.append((attempt.ref, attempt.payload, attempt.number))
        attempt.progress(1, 2, "half")
        attempt.progress(2, 2, "all")

    jobs.handle("index", work)
    ref = jobs.enqueue("index", {"source": "docs"})
    assert jobs.job(ref).state == "waiting"
    assert (jobs.run_pending(), jobs.run_pending()) == (1, 0)
    store.flush()
    job = jobs.job(ref)
    assert seen == [(ref, {"source": "docs"}, 1)]
    assert (job.state, job.done, job.total, job.note, job.error) == ("done", 2, 2, "all", "")
    assert job.ended is not None


def test_names_without_a_handler_wait(jobs: Jobs) -> None:
    ref = jobs.enqueue("unknown")
    assert jobs.run_pending() == 0
    jobs.handle("other", lambda _: None)
    assert jobs.run_pending() == 0
    assert jobs.job(ref).state == "waiting"


def test_priority_first_and_then_the_order_of_arrival(jobs: Jobs) -> None:
    order: list[str] = []
    jobs.handle("n", lambda attempt: order.append(attempt.payload["x"]))
    for x, priority in (("a", 0), ("b", 5), ("c", 0), ("d", -1), ("e", 5)):
        jobs.enqueue("n", {"x": x}, priority=priority)
    assert jobs.run_pending() == 5
    assert order == ["b", "e", "a", "c", "d"]


def test_a_job_for_later_waits_for_its_time(jobs: Jobs, clock: ManualClock) -> None:
    jobs.handle("n", lambda _: None)
    ref = jobs.enqueue("n", run_at=clock.now() + timedelta(hours=1))
    assert jobs.run_pending() == 0
    clock.advance(timedelta(hours=1))
    assert jobs.run_pending() == 1
    assert jobs.job(ref).state == "done"


def test_a_key_is_open_once(jobs: Jobs) -> None:
    jobs.handle("n", lambda _: None)
    first = jobs.enqueue("n", {"x": 1}, key="k")
    assert jobs.enqueue("n", {"x": 2}, key="k") == first
    assert jobs.enqueue("n", key="other") != first
    assert jobs.run_pending() == 2
    assert jobs.enqueue("n", key="k") != first


def test_a_payload_is_json(jobs: Jobs) -> None:
    with pytest.raises(TypeError):
        jobs.enqueue("n", {"x": object()})
    with pytest.raises(ValueError, match="JSON"):
        jobs.enqueue("n", {"x": float("nan")})
    assert jobs.jobs() == []


def test_only_a_transient_error_is_tried_again(jobs: Jobs, clock: ManualClock) -> None:
    def flaky(attempt: Attempt) -> None:
        if attempt.number < 3:
            raise TransientError("busy", retry_after=30)

    jobs.handle("flaky", flaky)
    jobs.handle("broken", lambda _: 1 / 0)
    flaky_ref, broken_ref = jobs.enqueue("flaky"), jobs.enqueue("broken")
    assert jobs.run_pending() == 2
    assert (jobs.job(flaky_ref).state, jobs.job(flaky_ref).error) == ("waiting", "busy")
    assert (jobs.job(broken_ref).state, jobs.job(broken_ref).error) == ("dead", "ZeroDivisionError: division by zero")
    clock.advance(timedelta(seconds=29))
    assert jobs.run_pending() == 0, "not before the time that the provider named"
    for _ in range(2):
        clock.advance(timedelta(hours=1))
        assert jobs.run_pending() == 1
    assert (jobs.job(flaky_ref).state, jobs.job(flaky_ref).failures) == ("done", 2)


def test_a_dead_letter_can_be_replayed(jobs: Jobs, clock: ManualClock) -> None:
    mood = {"bad": True}

    def work(_: Attempt) -> None:
        if mood["bad"]:
            raise TransientError("away")

    jobs.handle("n", work, retries=1)
    ref = jobs.enqueue("n", key="k")
    for _ in range(2):
        assert jobs.run_pending() == 1
        clock.advance(timedelta(hours=1))
    assert [job.ref for job in jobs.jobs("dead")] == [ref]
    assert jobs.job(ref).error == "gave up after 2 attempts: away"
    mood["bad"] = False
    blocker = jobs.enqueue("n", key="k")
    with pytest.raises(Conflict) as caught:
        jobs.replay(ref)
    assert "its key" in caught.value.hint
    jobs.run_pending()
    jobs.replay(ref)
    assert jobs.run_pending() == 1
    assert jobs.job(ref).state == jobs.job(blocker).state == "done"
    with pytest.raises(Conflict):
        jobs.replay(ref)


def test_unknown_jobs_are_not_found(jobs: Jobs) -> None:
    for act in (jobs.job, jobs.cancel, jobs.replay):
        with pytest.raises(NotFound):
            act(Ref("job", "nope"))


def test_a_lease_that_ran_out_is_taken_over(jobs: Jobs, store: Store, clock: ManualClock) -> None:
    jobs.handle("n", lambda _: None)
    ref = jobs.enqueue("n")
    seize(store, clock, ELSEWHERE, "n")
    clock.advance(timedelta(seconds=29))
    assert jobs.run_pending() == 0
    clock.advance(timedelta(seconds=2))
    assert jobs.run_pending() == 1
    assert (jobs.job(ref).state, jobs.job(ref).deaths) == ("done", 1)


def test_a_job_that_takes_its_workers_along_becomes_a_dead_letter(jobs: Jobs, store: Store, clock: ManualClock) -> None:
    jobs.handle("n", lambda _: None)
    ref = jobs.enqueue("n")
    for _ in range(10):
        seize(store, clock, ELSEWHERE, "n")
        clock.advance(timedelta(minutes=1))
    assert jobs.run_pending() == 0
    assert (jobs.job(ref).state, jobs.job(ref).error) == ("dead", "10 workers died of it")


def test_who_lost_the_lease_cannot_end_the_job(jobs: Jobs, store: Store) -> None:
    def work(attempt: Attempt) -> None:
        store.write("update kernel_job set lease = ? where id = ?", (ELSEWHERE, attempt.ref.id))

    jobs.handle("n", work)
    ref = jobs.enqueue("n")
    assert jobs.run_pending() == 1
    assert jobs.job(ref).state == "running"


def test_the_clock_may_go_back(jobs: Jobs, store: Store, clock: ManualClock) -> None:
    failing = {"yes": True}

    def flaky(_: Attempt) -> None:
        if failing["yes"]:
            raise TransientError("busy", retry_after=300)

    jobs.handle("n", lambda _: None)
    jobs.handle("flaky", flaky)
    delayed = jobs.enqueue("flaky")
    assert jobs.run_pending() == 1
    failing["yes"] = False
    leased, plain = jobs.enqueue("n", priority=1), jobs.enqueue("n")
    seize(store, clock, ELSEWHERE, "n")
    clock.advance(-YEAR)
    assert jobs.run_pending() == 3
    assert [jobs.job(ref).state for ref in (delayed, leased, plain)] == ["done"] * 3


def test_a_heart_keeps_the_lease_of_long_work(store: Store) -> None:
    jobs = Jobs(store, SystemClock(), lease=timedelta(seconds=0.6))
    runs: list[int] = []

    def long(_: Attempt) -> None:
        runs.append(1)
        time.sleep(1.5)

    jobs.handle("n", long)
    ref = jobs.enqueue("n")
    with jobs.worker(threads=2, poll=0.05):
        until(lambda: jobs.job(ref).state == "done")
    assert runs == [1]
    assert jobs.job(ref).deaths == 0


def test_no_more_at_once_than_the_limit(jobs: Jobs) -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def work(_: Attempt) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1

    jobs.handle("n", work, concurrency=2)
    for _ in range(12):
        jobs.enqueue("n")
    with jobs.worker(threads=5, poll=0.02):
        until(lambda: len(jobs.jobs("done")) == 12)
    assert most[0] <= 2


def test_no_more_per_second_than_the_rate(jobs: Jobs, clock: ManualClock) -> None:
    jobs.handle("n", lambda _: None, per_second=2)
    jobs.handle("free", lambda _: None)
    for _ in range(6):
        jobs.enqueue("n", priority=1)
    jobs.enqueue("free")
    ran = [jobs.run_pending()]
    for _ in range(3):
        clock.advance(timedelta(seconds=1))
        ran.append(jobs.run_pending())
    assert ran == [2, 2, 2, 1]
    clock.advance(-YEAR)
    jobs.enqueue("n")
    clock.advance(timedelta(seconds=1))
    assert jobs.run_pending() == 1


def test_cancelling(jobs: Jobs) -> None:
    entered = threading.Event()

    def endless(attempt: Attempt) -> None:
        entered.set()
        while True:
            attempt.check()
            time.sleep(0.005)

    jobs.handle("n", endless)
    waiting = jobs.enqueue("n")
    jobs.cancel(waiting)
    assert jobs.job(waiting).state == "cancelled"
    running = jobs.enqueue("n")
    with jobs.worker(poll=0.02):
        assert entered.wait(60)
        jobs.cancel(running)
        until(lambda: jobs.job(running).state == "cancelled")


def test_a_worker_that_ends_hands_its_job_back(jobs: Jobs) -> None:
    entered = threading.Event()

    def endless(attempt: Attempt) -> None:
        entered.set()
        while True:
            attempt.progress(0)
            time.sleep(0.005)

    jobs.handle("n", endless)
    ref = jobs.enqueue("n")
    with jobs.worker(poll=0.02):
        assert entered.wait(60)
    job = jobs.job(ref)
    assert (job.state, job.failures, job.deaths) == ("waiting", 0, 0)
    jobs.handle("n", lambda _: None)
    assert jobs.run_pending() == 1


def test_ctrl_c_hands_the_job_back(jobs: Jobs) -> None:
    def interrupted(_: Attempt) -> None:
        raise KeyboardInterrupt

    jobs.handle("n", interrupted)
    ref = jobs.enqueue("n")
    with pytest.raises(KeyboardInterrupt):
        jobs.run_pending()
    assert jobs.job(ref).state == "waiting"


def test_a_worker_wakes_for_a_new_job(jobs: Jobs) -> None:
    done = threading.Event()
    jobs.handle("n", lambda _: done.set())
    with jobs.worker(poll=3600):
        time.sleep(0.05)
        jobs.enqueue("n")
        assert done.wait(60)


def test_many_workers_run_each_job_once(jobs: Jobs, store: Store, clock: ManualClock) -> None:
    lock, seen = threading.Lock(), []

    def work(attempt: Attempt) -> None:
        with lock:
            seen.append(attempt.ref)

    other = Jobs(store, clock)
    for each in (jobs, other):
        each.handle("n", work)
    refs = [jobs.enqueue("n") for _ in range(60)]
    with jobs.worker(threads=2, poll=0.02), other.worker(threads=2, poll=0.02):
        until(lambda: not (jobs.jobs("waiting") or jobs.jobs("running")))
    assert sorted(seen) == sorted(refs)


def test_cron_runs_when_due_and_once_for_missed_times(jobs: Jobs, clock: ManualClock) -> None:
    jobs.handle("n", lambda _: None)
    jobs.cron("hourly", "0 * * * *", "n", {"x": 1})
    assert jobs.run_pending() == 0
    clock.advance(timedelta(hours=5, minutes=10))
    jobs.cron("hourly", "0 * * * *", "n", {"x": 2})  # publishing it again changes no time
    assert (jobs.run_pending(), jobs.run_pending()) == (1, 0)
    assert jobs.jobs("done")[0].payload == {"x": 2}
    clock.advance(timedelta(minutes=50))
    assert jobs.run_pending() == 1
    clock.advance(-YEAR)
    assert jobs.run_pending() == 0
    clock.advance(timedelta(hours=1))
    assert jobs.run_pending() == 1, "the clock went back, and the hours after that count again"
    jobs.drop_cron("hourly")
    clock.advance(timedelta(hours=1))
    assert jobs.run_pending() == 0
    with pytest.raises(UserError, match="minute 'x'"):
        jobs.cron("bad", "x * * * *", "n")


def test_an_open_cron_job_is_not_doubled(jobs: Jobs, clock: ManualClock) -> None:
    jobs.cron("minutely", "* * * * *", "nobody handles this")
    for _ in range(3):
        clock.advance(timedelta(minutes=1))
        jobs.run_pending()
    assert len(jobs.jobs("waiting")) == 1


def test_prune_forgets_what_ended_well(jobs: Jobs, clock: ManualClock) -> None:
    jobs.handle("good", lambda _: None)
    jobs.handle("bad", lambda _: 1 / 0)
    for name in ("good", "bad"):
        jobs.enqueue(name)
    jobs.run_pending()
    assert jobs.prune(clock.now()) == 0
    clock.advance(timedelta(days=1))
    assert jobs.prune(clock.now()) == 1
    assert [job.name for job in jobs.jobs()] == ["bad"]
    assert jobs.jobs(name="good") == []


def test_backoff_stays_within_its_bounds() -> None:
    for failures in range(40):
        for _ in range(20):
            assert timedelta() <= backoff(failures, None) <= timedelta(seconds=min(600, 2**failures))
            assert timedelta(seconds=9) <= backoff(failures, 9) <= timedelta(seconds=609)


WORKER = """
import sys, time
from pathlib import Path
from mlwright.kernel.clock import SystemClock
from mlwright.kernel.jobs import Jobs
from mlwright.kernel.store import open_store
store = open_store(Path(sys.argv[1]))
jobs = Jobs(store, SystemClock())
def work(attempt):
    Path(sys.argv[2]).joinpath(f"begun-{attempt.payload['n']}").touch()
    time.sleep(0.05)
    Path(sys.argv[2]).joinpath(f"done-{attempt.payload['n']}").touch()
jobs.handle("n", work)
with jobs.worker(threads=4, poll=0.05):
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
def test_kill_9_of_a_worker_loses_no_acknowledged_job(tmp_path: Path) -> None:
    database = tmp_path / "mlwright.db"
    store = open_store(database)
    store.migrate("mlwright.kernel")
    jobs = Jobs(store, SystemClock())
    refs = [jobs.enqueue("n", {"n": n}) for n in range(40)]
    for _ in range(3):
        begun = len(list(tmp_path.glob("begun-*")))
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(database), str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert worker.stdout is not None and worker.stderr is not None
        assert worker.stdout.readline() == b"ready\n", worker.stderr.read().decode()
        until(lambda begun=begun: len(list(tmp_path.glob("begun-*"))) >= begun + 3)  # type: ignore[misc]
        os.kill(worker.pid, signal.SIGKILL)
        worker.communicate()
    assert any(jobs.job(ref).state == "running" for ref in refs), "it was killed in the middle of work"

    def work(attempt: Attempt) -> None:
        (tmp_path / f"done-{attempt.payload['n']}").touch()

    jobs.handle("n", work)
    jobs.run_pending()  # at once: the leases of dead processes are not waited for
    assert [jobs.job(ref).state for ref in refs] == ["done"] * 40
    assert len(list(tmp_path.glob("done-*"))) == 40
    store.close()
