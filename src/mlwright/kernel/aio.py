"""The two bridges between sync and async code: `run` into one long-lived loop, `in_thread` out of a loop.

There is one loop per process, on a daemon thread: a loop per call would strand pooled connections. Both bridges carry
context variables, so spans keep their parents.
"""

import asyncio
import atexit
import contextvars
import functools
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

_THREADS = 64  # work in a thread may itself `run` something that needs a thread, so a small pool could starve
_GRACE = 5.0  # seconds that an interrupted coroutine gets to clean up


class _Bridge:
    """The loop and the threads of this process; made on first use, and made anew after `close` or a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="mlwright-loop", daemon=True)
                self._thread.start()
            return self._loop

    def pool(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="mlwright")
            return self._pool

    def inside(self) -> bool:
        return threading.current_thread() is self._thread

    def close(self) -> None:
        with self._lock:
            loop, thread, pool = self._loop, self._thread, self._pool
            self._loop = self._thread = self._pool = None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(_GRACE * 2)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_GRACE)
        if not loop.is_running():
            loop.close()


_bridge = _Bridge()


def run(coro: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the process's loop and wait for its result, from any thread but that loop's own.

    Ctrl-C cancels the coroutine, gives it a few seconds to clean up, and goes on. Raises RuntimeError when called from
    the loop itself, where waiting would stop everything: `await` there.
    """
    if _bridge.inside():
        coro.close()
        raise RuntimeError("aio.run was called inside the loop that it would wait for; await the coroutine instead")
    loop = _bridge.loop()
    outcome: Future[T] = Future()
    tasks: list[asyncio.Task[T]] = []

    def start() -> None:
        task = loop.create_task(coro)
        task.add_done_callback(functools.partial(_settle, outcome))
        tasks.append(task)

    def stop() -> None:
        if tasks:
            tasks[0].cancel()
        else:
            coro.close()
            outcome.cancel()

    try:
        loop.call_soon_threadsafe(start)  # runs in a copy of this thread's context, and so does the task
        return outcome.result()
    except BaseException:
        if not outcome.done():  # this thread was interrupted, not the coroutine, which may not even have begun
            loop.call_soon_threadsafe(stop)
            _wait(outcome)
        raise


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a blocking function in a thread, from any loop, and await its result."""
    call = functools.partial(contextvars.copy_context().run, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_bridge.pool(), call)


async def to_the_end(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `in_thread`; where this is cancelled meanwhile, wait for its end, so that nobody writes after us."""
    future = asyncio.ensure_future(in_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise


def close() -> None:
    """Cancel what still runs on the loop and end it; the next `run` starts a fresh one. Called at exit."""
    _bridge.close()


def _settle(outcome: "Future[T]", task: "asyncio.Task[T]") -> None:
    if task.cancelled():
        outcome.set_exception(asyncio.CancelledError())
    elif error := task.exception():
        outcome.set_exception(error)
    else:
        outcome.set_result(task.result())


def _wait(outcome: "Future[Any]") -> None:
    done = threading.Event()
    outcome.add_done_callback(lambda _: done.set())
    done.wait(_GRACE)


async def _cancel_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.wait(others, timeout=_GRACE) if others else None
    await asyncio.get_running_loop().shutdown_asyncgens()


def _forget() -> None:
    """A forked child has none of the parent's threads."""
    global _bridge
    _bridge = _Bridge()


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
