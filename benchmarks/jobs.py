"""Jobs that do nothing: how many a second are acknowledged, and how many are run from end to end.

    python benchmarks/jobs.py [jobs]

On SQLite with every acknowledgement synced to disk, and on a private PostgreSQL where its binaries are installed (that
one does not sync, see `mlwright.testing.postgresql`).
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

from mlwright.kernel.clock import SystemClock
from mlwright.kernel.errors import MissingExtra
from mlwright.kernel.jobs import Attempt, Jobs
from mlwright.kernel.store import open_store
from mlwright.testing.postgresql import private_postgresql

THREADS = (1, 4)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print(f"{'engine':<12} {'threads':>8} {'acknowledged/s':>15} {'end to end/s':>13}   {count:,} jobs")
    with tempfile.TemporaryDirectory() as folder:
        for threads in THREADS:
            _measure("sqlite", str(Path(folder) / f"{threads}.db"), count, threads)
    try:
        with private_postgresql() as url:
            for threads in THREADS:
                _measure("postgresql", url, count, threads)
    except MissingExtra as error:
        print(f"postgresql: {error}")


def _measure(engine: str, url: str, count: int, threads: int) -> None:
    store = open_store(url)
    store.migrate("mlwright.kernel")
    jobs, left, over = Jobs(store, SystemClock()), [count], threading.Event()
    lock = threading.Lock()

    def work(_: Attempt) -> None:
        with lock:
            left[0] -= 1
        if not left[0]:
            over.set()

    jobs.handle("nothing", work)
    began = time.perf_counter()
    for n in range(count):
        jobs.enqueue("nothing", {"n": n})
    enqueued = time.perf_counter()
    with jobs.worker(threads=threads):
        over.wait()
    ended = time.perf_counter()
    store.close()
    print(f"{engine:<12} {threads:>8} {count / (enqueued - began):>15,.0f} {count / (ended - enqueued):>13,.0f}")


if __name__ == "__main__":
    main()
