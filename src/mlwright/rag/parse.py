"""Reading: which parser takes a file, and running it in a process of its own with caps of time and memory."""

import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from mlwright.kernel.errors import NotFound, ProviderError, Unreadable
from mlwright.kernel.parts import config_of, names
from mlwright.rag.parsers import ParserPart
from mlwright.rag.parsers._sniff import looks_binary
from mlwright.rag.parsers._wire import receive, send, unpack
from mlwright.rag.types import Parsed

SLOT = "mlwright.rag.parsers"
HEAD = 8192
_TAIL = 1 << 16
"""The end of an archive lists what is in it."""
_START_SECONDS = 60.0
_TRIES = 2
_ENVIRONMENT = (
    "PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "VIRTUAL_ENV",
    "TESSDATA_PREFIX",
)


class Reader:
    """Parses files in worker processes, so that no document can hang, crash or fill the program that reads it.

    `seconds` and `memory` (bytes) cap the parsing of one document, `largest` (bytes) its size. Workers start on first
    use, at most `workers` of them, and stay. Safe to use from many threads. Where the system cannot cap the memory
    of a process (Windows), only time and size are capped.
    """

    def __init__(
        self,
        *,
        parsers: Sequence[ParserPart] | None = None,
        workers: int | None = None,
        seconds: float = 60.0,
        memory: int = 2 << 30,
        largest: int = 64 << 20,
    ) -> None:
        self._parsers = tuple(parsers) if parsers is not None else every_parser()
        self._workers = workers or min(4, os.cpu_count() or 1)
        self._seconds = seconds
        self._largest = largest
        self._pool = _Pool(self._workers, memory)
        self._finalizer = weakref.finalize(self, self._pool.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes. A later `read` raises ProviderError."""
        self._finalizer()

    @property
    def busy(self) -> int:
        """How many documents are being parsed now."""
        return len(self._pool.busy)

    def read(self, data: bytes, key: str) -> Parsed:
        """Parse one file. `key` is its name, for its suffix and for messages.

        Raises Unreadable with the reason `empty`, `too_large`, `binary`, `encrypted`, `no_text`, `timeout`,
        `too_much_memory`, `crashed`, or one of the parser's own."""
        return unpack(*self._ask(self._part(data, key), data, key))

    def draw(self, data: bytes, key: str, page: int, width: int) -> bytes:
        """A page of a file, counted from 1, as a PNG of at most `width` pixels.

        Raises NotFound where files of that format have no pages to look at, and Unreadable as `read` does."""
        part = self._part(data, key)
        if not part.draws:
            raise NotFound(f"{key} has no pages to look at", hint="only a format with pages of its own does, as PDF")
        return self._ask(part, data, key, draw=(page, width))[1]

    def _part(self, data: bytes, key: str) -> ParserPart:
        if not data or data.isspace():
            raise Unreadable(f"{key} is empty", reason="empty", hint="remove it, or fill it")
        if len(data) > self._largest:
            raise Unreadable(
                f"{key} has {len(data):,} bytes, more than the {self._largest:,} that are read",
                reason="too_large",
                hint="split the file, or raise `parse.size` of the pipeline",
            )
        return choose(self._parsers, data, key)

    def _ask(self, part: ParserPart, data: bytes, key: str, **more: object) -> "Message":
        named = (type(part).__module__, type(part).__name__, part.model_dump_json())
        header = {"key": key, "part": named, "seconds": self._seconds, **more}
        answer, body = self._pool.ask(header, data, self._seconds)
        if answer.get("error") == "setup":
            raise ProviderError(answer["message"], hint=answer["hint"])
        if "error" in answer:
            raise Unreadable(answer["message"], reason=answer["reason"], hint=answer["hint"])
        return answer, body

    def read_many(self, files: Iterable[tuple[bytes, str]]) -> Iterator[Parsed | Unreadable]:
        """Parse (data, key) pairs on all workers; the results come in the order given, an unreadable file as its
        error. At most twice as many files as workers are held at a time, so `files` may be long and lazy."""
        with ThreadPoolExecutor(self._workers, thread_name_prefix="mlwright-parse") as threads:
            waiting: deque[Future[Parsed | Unreadable]] = deque()
            try:
                for data, key in files:
                    waiting.append(threads.submit(self._attempt, data, key))
                    if len(waiting) > 2 * self._workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _attempt(self, data: bytes, key: str) -> Parsed | Unreadable:
        try:
            return self.read(data, key)
        except Unreadable as error:
            return error


def every_parser(fields: Mapping[str, Any] | None = None) -> tuple[ParserPart, ...]:
    """All parsers of this installation. Of `fields`, each takes those that it has."""
    parts = []
    for name in names(SLOT):
        config = config_of(SLOT, name)
        own = {field: value for field, value in (fields or {}).items() if field in config.model_fields}
        parts.append(cast("ParserPart", config.model_validate({"use": name, **own})))
    return tuple(parts)


def choose(parsers: Sequence[ParserPart], data: bytes, key: str) -> ParserPart:
    """The parser of a file: by its first bytes, else by its suffix, else plain text.

    Raises Unreadable (`binary`) for what is neither text nor known."""
    head = data[:HEAD] + (data[-_TAIL:] if data.startswith(b"PK") else b"")
    for part in parsers:
        if part.matches(head):
            return part
    binary = looks_binary(data[:HEAD])
    suffix = PurePosixPath(key.replace("\\", "/")).suffix.lower()
    for part in parsers:
        if suffix in part.suffixes and part.media_type.startswith("text/") != binary:
            return part
    plain = next((part for part in parsers if part.media_type == "text/plain"), None)
    if binary or plain is None:
        known = ", ".join(sorted(part.use for part in parsers))
        raise Unreadable(
            f"{key} is a binary file that no parser knows" if binary else f"no parser reads {key}",
            reason="binary" if binary else "unknown",
            hint=f"these formats are read: {known}",
        )
    return plain


Message = tuple[dict[str, Any], bytes]


class _Died(Exception):
    """A worker is gone. `expired` when its time was up."""

    def __init__(self, expired: bool, status: int) -> None:
        super().__init__(status)
        self.expired, self.status = expired, status


class _Watch:
    """Ends workers whose time is up. One thread for all of them: a timer for each document, which is a thread too,
    costs more than to read a small one. A pipe has no timeout of its own on every system."""

    def __init__(self) -> None:
        self._ends: dict[_Worker, float] = {}
        self._changed = threading.Condition()
        self._wakes = math.inf
        self._thread: threading.Thread | None = None
        self._closed = False

    def begin(self, worker: "_Worker", seconds: float) -> None:
        end = time.monotonic() + seconds
        with self._changed:
            self._ends[worker] = end
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="mlwright-parse-watch", daemon=True)
                self._thread.start()
            elif end < self._wakes:
                self._changed.notify()

    def end(self, worker: "_Worker") -> bool:
        """Whether its time was not up yet."""
        with self._changed:
            return self._ends.pop(worker, None) is not None

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while self._ends or not self._closed:
                now = time.monotonic()
                for worker in [worker for worker, end in self._ends.items() if end <= now]:
                    del self._ends[worker]
                    worker.kill()
                self._wakes = min(self._ends.values(), default=math.inf)
                self._changed.wait(None if self._wakes == math.inf else self._wakes - now)
            self._thread = None


class _Worker:
    """One process, asked by one thread at a time."""

    def __init__(self, memory: int, watch: _Watch) -> None:
        self._watch = watch
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(  # noqa: S603 (our own module, no shell)
            [sys.executable, "-P", "-m", "mlwright.rag.parsers._worker", str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._within(_START_SECONDS, lambda: receive(self._answers))

    @classmethod
    def started(cls, memory: int, watch: _Watch) -> "_Worker":
        """Ready to be asked; tried again where the system killed it as it started, as when memory is short."""
        for left in reversed(range(_TRIES)):
            try:
                return cls(memory, watch)
            except _Died as died:
                if died.expired or died.status >= 0 or not left:
                    raise ProviderError(
                        f"the process that parses documents did not start (exit status {died.status})",
                        hint=f"to see why, run: {sys.executable} -m mlwright.rag.parsers._worker {memory}",
                    ) from died
        raise AssertionError("the last try returns or raises")

    @property
    def _answers(self) -> BinaryIO:
        return cast("BinaryIO", self._process.stdout)

    @property
    def _requests(self) -> BinaryIO:
        return cast("BinaryIO", self._process.stdin)

    def ask(self, header: dict[str, Any], data: bytes, seconds: float) -> Message:
        def exchange() -> Message:
            send(self._requests, header, data)
            return receive(self._answers)

        return self._within(seconds, exchange)

    def _within(self, seconds: float, exchange: Callable[[], Message]) -> Message:
        """Do it, or end the process when the time is up."""
        self._watch.begin(self, seconds)
        try:
            return exchange()
        except (EOFError, OSError) as error:
            in_time = self._watch.end(self)
            self.stop()
            raise _Died(not in_time, self._process.returncode) from error
        finally:
            self._watch.end(self)

    def kill(self) -> None:
        """End the process, and what it has started, as tesseract. Its process group is its own."""
        if os.name == "nt" or self._process.returncode is not None:
            self._process.kill()
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """End the process and close its pipes; more than once is no harm."""
        self.kill()
        self._process.wait()
        for pipe in (self._requests, self._answers):
            with contextlib.suppress(OSError):  # what was not sent yet has no reader any more
                pipe.close()


class _Pool:
    """Workers that start when needed and are asked in turn; one that died is replaced by the next question."""

    def __init__(self, size: int, memory: int) -> None:
        self._memory = memory
        self._watch = _Watch()
        self._free = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self.busy: list[_Worker] = []
        self._closed = False

    def ask(self, header: dict[str, Any], data: bytes, seconds: float) -> Message:
        """A file whose worker dies is tried again: somebody else may have killed it."""
        with self._free:
            for left in reversed(range(_TRIES)):
                try:
                    return self._asked(header, data, seconds)
                except _Died as died:
                    if self._closed:
                        raise _closed() from died
                    if died.expired or not left:
                        raise _unreadable(header["key"], seconds, died) from died
        raise AssertionError("the last try returns or raises")

    def _asked(self, header: dict[str, Any], data: bytes, seconds: float) -> Message:
        worker, stopped = self._take(), True
        try:
            answer = worker.ask(header, data, seconds)
            stopped = bool(answer[0].get("leave"))
            return answer
        finally:
            self._give(worker, stopped=stopped)

    def _take(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise _closed()
            idle = self._idle.pop() if self._idle else None
        worker = idle or _Worker.started(self._memory, self._watch)
        with self._lock:
            self.busy.append(worker)
        return worker

    def _give(self, worker: _Worker, *, stopped: bool) -> None:
        with self._lock:
            self.busy.remove(worker)
            keep = not stopped and not self._closed
            if keep:
                self._idle.append(worker)
        if not keep:
            worker.stop()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            for worker in self.busy:
                worker.kill()  # the thread that waits for its answer tidies up
        self._watch.close()
        for worker in idle:
            worker.stop()


def _closed() -> ProviderError:
    return ProviderError("this reader is closed", hint="open another one")


def _unreadable(key: str, seconds: float, died: _Died) -> Unreadable:
    if died.expired:
        return Unreadable(
            f"parsing {key} took more than {seconds:g} seconds",
            reason="timeout",
            hint="split the file, or raise `parse.timeout` of the pipeline",
        )
    return Unreadable(
        f"the parser crashed on {key} (exit status {died.status})",
        reason="crashed",
        hint="the file is damaged: save it anew with another program; or it needs more memory than `parse.memory`",
    )
