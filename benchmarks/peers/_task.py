"""What the runners share: the task on standard input, clocks, and the figures on standard output."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from _cpu import cpu_seconds

OUT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # some libraries print while they are imported: that goes to standard error


class Clock:
    """Wall and CPU seconds of named stretches; those of one name add up."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        wall, cpu = perf_counter(), cpu_seconds()
        yield
        self.wall[name] = self.wall.get(name, 0.0) + perf_counter() - wall
        self.cpu[name] = self.cpu.get(name, 0.0) + cpu_seconds() - cpu


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in {".md", ".html", ".pdf"})


class Corpus:
    """Rows to search: ids, texts, unit vectors, and two fields that select 1 % and 0.1 % of them."""

    def __init__(self, task: dict[str, Any]) -> None:
        data = np.load(task["corpus"])
        self.vectors: np.ndarray = data["vectors"]
        self.queries: np.ndarray = data["queries"]
        self.texts: list[str] = json.loads(Path(task["texts"]).read_text(encoding="utf-8"))
        self.questions: list[str] = json.loads(Path(task["questions"]).read_text(encoding="utf-8"))
        self.ids = [f"{number:032x}" for number in range(len(self.texts))]
        self.percent = [str(number % 100) for number in range(len(self.texts))]
        self.permille = [str(number % 1000) for number in range(len(self.texts))]
        self.rounds = min(int(task["queries"]), len(self.queries))

    def allowed(self, where: tuple[str, str] | None) -> np.ndarray:
        """The rows that a filter (field, value) selects."""
        if where is None:
            return np.arange(len(self.ids))
        return np.flatnonzero(np.array(getattr(self, where[0])) == where[1])

    def recall(self, found: list[str], query: int, where: tuple[str, str] | None, top: int = 10) -> float:
        """The share of the true nearest `top` rows that was found."""
        rows = self.allowed(where)
        scores = self.vectors[rows] @ self.queries[query]
        best = {self.ids[row] for row in rows[np.argsort(-scores)[:top]]}
        return len(best & set(found[:top])) / len(best)


FILTERS: dict[str, tuple[str, str] | None] = {"": None, " 1%": ("percent", "7"), " 0.1%": ("permille", "7")}


def search(
    corpus: Corpus,
    by_vector: Callable[[int, tuple[str, str] | None], list[str]] | None,
    hybrid: Callable[[int, tuple[str, str] | None], list[str]] | None,
) -> dict[str, float]:
    """p50 and p95 in ms of each kind of query, and the recall@10 of vector queries against exact search."""
    figures: dict[str, float] = {}
    for label, where in FILTERS.items():
        for name, query in (("vector", by_vector), ("hybrid", hybrid)):
            if query is None:
                continue
            query(0, where)
            times, recalls = [], []
            for number in range(corpus.rounds):
                began = perf_counter()
                found = query(number, where)
                times.append((perf_counter() - began) * 1000)
                if name == "vector":
                    recalls.append(corpus.recall(found, number, where))
            figures[f"{name}{label} p50"] = float(np.percentile(times, 50))
            figures[f"{name}{label} p95"] = float(np.percentile(times, 95))
            if recalls:
                figures[f"{name}{label} recall@10"] = float(np.mean(recalls))
    return figures


def opened(task: dict[str, Any], query: Callable[[np.ndarray, str], list[str]]) -> dict[str, float]:
    """Seconds from the start of the process to the first answer, and the most memory (MB) that it took for all."""
    vectors = np.load(task["corpus"])["queries"]
    questions = json.loads(Path(task["questions"]).read_text(encoding="utf-8"))
    pairs = list(zip(vectors, questions, strict=True))
    assert query(*pairs[0])
    first = time.time() - task["began"]
    for pair in pairs:
        query(*pair)
    return {"cold start, s": first, "memory, MB": most_memory()}


def most_memory() -> float:
    """MB of this program alone: `ru_maxrss` would count what the process was before it became this program."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def run(**tasks: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Do the task of standard input."""
    task = json.load(sys.stdin)
    json.dump(tasks[task["do"]](task), OUT)
    OUT.close()
    os._exit(0)  # threads of some libraries would hold the process
