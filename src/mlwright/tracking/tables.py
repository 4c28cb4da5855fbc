"""All SQL of tracking. A number that is not finite is NULL with a flag: `nan`, `inf` or `-inf`."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from mlwright.kernel.clock import stamp, unstamp
from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Row, Store
from mlwright.tracking.types import Artifact, MetricPoint, Run, State

_MANY = 400  # names in one `in (…)`


def add_environment(store: Store, id_: str, body: Mapping[str, str]) -> None:
    sql = "insert into tracking_environment (id, body) values (?, ?) on conflict (id) do nothing"
    store.write(sql, (id_, json.dumps(body, sort_keys=True)))


def add_run(store: Store, run: Run, environment: str, process: str) -> None:
    """A run that begins; `environment` is the id of its row."""
    sql = (
        "insert into tracking_run (id, name, kind, experiment, state, started, ended, commit_id, dirty, environment, "
        "error, process, seen) values (?, ?, ?, ?, 'running', ?, null, ?, ?, ?, '', ?, ?)"
    )
    began = stamp(run.started)
    values = (run.ref.id, run.name, run.kind, run.experiment, began, run.commit, int(run.dirty), environment, process)
    store.write(sql, (*values, began))


def add_params(store: Store, run: str, params: Mapping[str, str]) -> None:
    sql = "insert into tracking_param (run, name, value) values (?, ?, ?) on conflict (run, name) do nothing"
    store.write_many(sql, [(run, name, value) for name, value in params.items()])


def add_points(store: Store, run: str, points: Iterable[tuple[int, MetricPoint]]) -> None:
    """Numbered points of one run, and with them the last value of each metric; through the store's queue."""
    rows = [(run, point.name, seq, point.step, stamp(point.at), *_flagged(point.value)) for seq, point in points]
    sql = (
        "insert into tracking_point (run, name, seq, step, at, value, flag) values (?, ?, ?, ?, ?, ?, ?) "
        "on conflict (run, name, seq) do nothing"
    )
    store.write_soon(sql, rows)
    last = {row[1]: (run, row[1], row[5], row[6]) for row in rows}
    sql = (
        "insert into tracking_metric (run, name, value, flag) values (?, ?, ?, ?) "
        "on conflict (run, name) do update set value = excluded.value, flag = excluded.flag"
    )
    store.write_soon(sql, last.values())


def add_artifact(store: Store, run: str, artifact: Artifact) -> None:
    sql = (
        "insert into tracking_artifact (run, path, sha256, size) values (?, ?, ?, ?) "
        "on conflict (run, path) do update set sha256 = excluded.sha256, size = excluded.size"
    )
    store.write(sql, (run, artifact.path, artifact.sha256, artifact.size))


def seen(store: Store, runs: Iterable[str], at: datetime) -> None:
    """These runs were alive at that time."""
    sql = "update tracking_run set seen = ? where id = ? and state = 'running'"
    store.write_soon(sql, [(stamp(at), run) for run in runs])


def end_run(store: Store, run: str, state: State, at: datetime, error: str) -> None:
    sql = "update tracking_run set state = ?, ended = ?, error = ? where id = ?"
    store.write(sql, (state, stamp(at), error, run))


def kill_run(store: Store, run: str) -> None:
    """It was last seen alive when it ended; nothing where it ended by itself meanwhile."""
    sql = "update tracking_run set state = 'killed', ended = seen where id = ? and state = 'running'"
    store.write(sql, (run,))


def running(store: Store) -> list[tuple[str, str, datetime]]:
    """Id, process and last sign of life of every run that has not ended."""
    rows = store.rows("select id, process, seen from tracking_run where state = 'running' order by id")
    return [(row["id"], row["process"], unstamp(row["seen"])) for row in rows]


def run(store: Store, id_: str) -> Run | None:
    found = _runs(store, store.rows("select * from tracking_run where id = ?", (id_,)))
    return found[0] if found else None


def runs(store: Store, limit: int, kind: str, experiment: str) -> list[Run]:
    """The newest first; an empty `kind` or `experiment` means any."""
    where = [f"{column} = ?" for column, value in (("kind", kind), ("experiment", experiment)) if value]
    clause = f"where {' and '.join(where)} " if where else ""
    sql = f"select * from tracking_run {clause}order by id desc limit ?"  # noqa: S608 - two column names of this file
    return _runs(store, store.rows(sql, (*filter(None, (kind, experiment)), limit)))


def latest_by_name(store: Store, kinds: Sequence[str]) -> list[Run]:
    """The newest finished run of each name among these kinds."""
    marks = ", ".join("?" * len(kinds))
    inner = f"select max(id) from tracking_run where kind in ({marks}) and state = 'finished' group by name"  # noqa: S608
    sql = f"select * from tracking_run where id in ({inner}) order by id desc"  # noqa: S608 - marks only
    return _runs(store, store.rows(sql, tuple(kinds)))


def points(store: Store, run: str, name: str) -> list[MetricPoint]:
    """In the order they were logged."""
    sql = "select name, step, at, value, flag from tracking_point where run = ? and name = ? order by seq"
    return [
        MetricPoint(row["name"], _value(row), row["step"], unstamp(row["at"])) for row in store.rows(sql, (run, name))
    ]


def artifacts(store: Store, run: str) -> list[Artifact]:
    rows = store.rows("select path, sha256, size from tracking_artifact where run = ? order by path", (run,))
    return [Artifact(row["path"], row["sha256"], row["size"]) for row in rows]


def counts(store: Store) -> dict[tuple[str, str], int]:
    """How many runs of each kind are in each state."""
    rows = store.rows("select kind, state, count(*) as n from tracking_run group by kind, state")
    return {(row["kind"], row["state"]): row["n"] for row in rows}


def commit_runs(store: Store, commit: str) -> tuple[int, datetime | None]:
    """How many runs were made at a commit, and when the last of them began."""
    row = store.one("select count(*) as n, max(started) as last from tracking_run where commit_id = ?", (commit,))
    return (row["n"], unstamp(row["last"]) if row["last"] else None) if row else (0, None)


def _runs(store: Store, rows: Sequence[Row]) -> list[Run]:
    ids = [row["id"] for row in rows]
    params: dict[str, dict[str, str]] = defaultdict(dict)
    for row in _of(store, "select run, name, value from tracking_param where run in ({}) order by name", ids):
        params[row["run"]][row["name"]] = row["value"]
    metrics: dict[str, dict[str, float]] = defaultdict(dict)
    for row in _of(store, "select run, name, value, flag from tracking_metric where run in ({}) order by name", ids):
        metrics[row["run"]][row["name"]] = _value(row)
    used = sorted({row["environment"] for row in rows})
    bodies = _of(store, "select id, body from tracking_environment where id in ({})", used)
    environments = {row["id"]: json.loads(row["body"]) for row in bodies}
    return [
        Run(
            Ref("run", row["id"]), row["name"], row["kind"], row["experiment"], row["state"], unstamp(row["started"]),
            unstamp(row["ended"]) if row["ended"] else None, row["commit_id"], bool(row["dirty"]), params[row["id"]],
            metrics[row["id"]], environments.get(row["environment"], {}), row["error"],
        )
        for row in rows
    ]  # fmt: skip


def _of(store: Store, sql: str, ids: Sequence[str]) -> Iterator[Row]:
    for start in range(0, len(ids), _MANY):
        some = ids[start : start + _MANY]
        yield from store.rows(sql.format(", ".join("?" * len(some))), some)


def _flagged(value: float) -> tuple[float | None, str]:
    return (value, "") if math.isfinite(value) else (None, str(value))


def _value(row: Mapping[str, Any]) -> float:
    return float(row["flag"] or row["value"])
