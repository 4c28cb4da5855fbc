"""How long work says where it is; the faces draw it."""

from typing import Protocol


class Progress(Protocol):
    """Tasks are named by a sentence for people; `total` is None where it is not known. Safe to call from threads."""

    def start(self, task: str, total: int | None = None) -> None: ...

    def step(self, task: str, done: int = 1) -> None: ...

    def end(self, task: str) -> None: ...


class Silent:
    """Says nothing: for tests, notebooks and `--json`."""

    def start(self, task: str, total: int | None = None) -> None: ...

    def step(self, task: str, done: int = 1) -> None: ...

    def end(self, task: str) -> None: ...


silent = Silent()
