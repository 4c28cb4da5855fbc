"""How many metric values a second a run takes, beside bare SQLite with `executemany`.

    python benchmarks/tracking.py [values]

The floor is sqlite3 in WAL mode with synchronous=full, the same two tables and the same batches of 1,000 values, and no
validation, clock or thread. Both alternate in one run; the time ends when every value is durable.
"""

import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from mlwright.kernel.clock import stamp
from mlwright.kernel.open import open_kernel
from mlwright.tracking import TrackingSpec, build_tracking

ROUNDS = 5
BATCH = 1000
TABLES = """
create table point (
    run text, name text, seq bigint, step bigint, at text, value double, flag text, primary key (run, name, seq)
);
create table metric (run text, name text, value double, flag text, primary key (run, name));
"""
LAST = "insert into metric values (?, ?, ?, ?) on conflict (run, name) do update set value = excluded.value"


def main() -> None:
    values = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    figures: dict[str, list[float]] = {
        "run.log, one value a call": [],
        "run.log, ten values a call": [],
        "bare sqlite3": [],
    }
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            figures["run.log, one value a call"].append(_ours(Path(folder) / "a", values, 1))
            figures["run.log, ten values a call"].append(_ours(Path(folder) / "b", values, 10))
            figures["bare sqlite3"].append(_bare(Path(folder) / "c.db", values))
    print(f"{values:,} values, durable     {'values/s':>12}   best of {ROUNDS}")
    for name, seconds in figures.items():
        print(f"{name:<28} {values / min(seconds):>12,.0f}")


def _ours(home: Path, values: int, width: int) -> float:
    kernel = open_kernel(home)
    tracking = build_tracking(TrackingSpec(environment=False), kernel, system="bench", base=home)
    names = [f"metric{n}" for n in range(width)]
    run = tracking.start_run("bench", kind="bench")
    began = time.perf_counter()
    for n in range(values // width):
        run.log(dict.fromkeys(names, float(n)))
    run.end()
    taken = time.perf_counter() - began
    assert len(tracking.points(run.ref, "metric0")) == values // width
    kernel.store.close()
    return taken


def _bare(path: Path, values: int) -> float:
    db = sqlite3.connect(path)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    db.executescript(TABLES)
    at = stamp(datetime.now(UTC))
    began = time.perf_counter()
    for start in range(0, values, BATCH):
        rows = [("01jd0000000000000000000000", "metric0", n, n, at, float(n), "") for n in range(start, start + BATCH)]
        db.executemany("insert into point values (?, ?, ?, ?, ?, ?, ?)", rows)
        db.execute(LAST, ("01jd0000000000000000000000", "metric0", rows[-1][5], ""))
        db.commit()
    taken = time.perf_counter() - began
    db.close()
    return taken


if __name__ == "__main__":
    main()
