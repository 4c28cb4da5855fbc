"""Progress bars on standard error: one for each task that a long job reports."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from mlwright.faces.cli.show.console import errors
from mlwright.kernel.progress import Progress as Listener
from mlwright.kernel.progress import silent


@contextmanager
def progress(quiet: bool = False) -> Iterator[Listener]:
    """Draws what the work reports; says nothing where `quiet`, and only finished tasks where there is no terminal."""
    if quiet:
        yield silent
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars, self._tasks, self._lock = bars, dict[str, TaskID](), Lock()

    def start(self, task: str, total: int | None = None) -> None:
        with self._lock:
            self._tasks[task] = self._bars.add_task(task, total=total)

    def step(self, task: str, done: int = 1) -> None:
        if task in self._tasks:
            self._bars.advance(self._tasks[task], done)

    def end(self, task: str) -> None:
        with self._lock:
            if task in self._tasks:
                self._bars.remove_task(self._tasks.pop(task))
