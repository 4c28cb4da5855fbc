"""The two bridges: one loop, context on both sides, and an end that cleans up."""

import asyncio
import contextvars
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from mlwright.kernel import aio

where: contextvars.ContextVar[str] = contextvars.ContextVar("where", default="nowhere")


async def loop_id() -> int:
    return id(asyncio.get_running_loop())


def test_every_call_runs_on_one_loop_from_any_thread() -> None:
    found = [aio.run(loop_id())]
    thread = threading.Thread(target=lambda: found.append(aio.run(loop_id())))
    thread.start()
    thread.join()
    assert found[0] == found[1]


def test_results_and_errors_come_back() -> None:
    async def fail() -> None:
        raise ZeroDivisionError("over")

    async def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(ZeroDivisionError, match="over"):
        aio.run(fail())
    with pytest.raises(asyncio.CancelledError):
        aio.run(cancelled())
    assert aio.run(asyncio.sleep(0, "fine")) == "fine"


def test_calling_from_the_loop_itself_is_an_error_and_not_a_deadlock() -> None:
    async def inside() -> str:
        coro = asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="await the coroutine"):
            aio.run(coro)
        return "still running"

    assert aio.run(inside()) == "still running"


def test_another_loop_may_wait_for_ours() -> None:
    async def notebook() -> str:
        return aio.run(asyncio.sleep(0, "from a notebook"))

    assert asyncio.run(notebook()) == "from a notebook"


def test_context_goes_through_both_bridges() -> None:
    async def in_loop() -> tuple[str, str]:
        return where.get(), await aio.in_thread(where.get)

    token = where.set("request 7")
    try:
        assert aio.run(in_loop()) == ("request 7", "request 7")
    finally:
        where.reset(token)


def test_threads_run_beside_the_loop_and_may_come_back_to_it() -> None:
    def blocking(number: int) -> int:
        time.sleep(0.01)
        return aio.run(asyncio.sleep(0, number))

    async def many() -> list[int]:
        return await asyncio.gather(*(aio.in_thread(blocking, number) for number in range(40)))

    assert aio.run(many()) == list(range(40))


def test_in_thread_passes_arguments_and_errors() -> None:
    async def call() -> list[int]:
        with pytest.raises(ValueError, match="invalid literal"):
            await aio.in_thread(int, "x")
        return await aio.in_thread(sorted, [1, 3, 2], reverse=True)

    assert aio.run(call()) == [3, 2, 1]


CLOSED = """
import asyncio, threading
from mlwright.kernel import aio
begun = threading.Event()
async def endless():
    begun.set()
    try:
        await asyncio.sleep(3600)
    finally:
        print("cleaned up", flush=True)
def wait():
    try:
        aio.run(endless())
    except asyncio.CancelledError:
        print("cancelled", flush=True)
thread = threading.Thread(target=wait)
thread.start()
begun.wait()
aio.close()
thread.join()
print(aio.run(asyncio.sleep(0, "again")))
aio.close()
aio.close()
"""


def test_closing_cancels_what_runs_and_the_next_call_starts_afresh() -> None:
    done = subprocess.run([sys.executable, "-c", CLOSED], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split("\n") == ["cleaned up", "cancelled", "again", ""], done.stderr


INTERRUPTED = """
import asyncio
from mlwright.kernel import aio
async def endless():
    print("ready", flush=True)
    try:
        await asyncio.sleep(600)
    finally:
        await asyncio.sleep(0.05)
        print("cleaned up", flush=True)
try:
    aio.run(endless())
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(aio.run(asyncio.sleep(0, "usable")))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to one process on Windows")
def test_ctrl_c_cancels_the_coroutine_and_leaves_the_loop_usable() -> None:
    child = subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    os.kill(child.pid, signal.SIGINT)
    rest, _ = child.communicate(timeout=60)
    assert rest.split("\n") == ["cleaned up", "interrupted", "usable", ""]
    assert child.returncode == 0


FORKED = """
import asyncio, os
from mlwright.kernel import aio
aio.run(asyncio.sleep(0))
pid = os.fork()
if pid == 0:
    print(aio.run(asyncio.sleep(0, "child")), flush=True)
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
print(aio.run(asyncio.sleep(0, "parent")))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_gets_a_loop_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], capture_output=True, timeout=60, check=False)
    assert done.stdout.decode().split() == ["child", "parent"], done.stderr.decode()
