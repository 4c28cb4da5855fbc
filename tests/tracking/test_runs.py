"""Runs: what went in, what came out, and how they end."""

import math
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import Conflict, NotFound, UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.open import open_kernel
from mlwright.tracking import Tracking, TrackingSpec, build_tracking, tables


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def kernel(tmp_path: Path, clock: ManualClock) -> Iterator[Kernel]:
    kernel = open_kernel(tmp_path / "home", clock=clock)
    yield kernel
    kernel.store.close()


@pytest.fixture
def tracking(kernel: Kernel, tmp_path: Path) -> Tracking:
    return build_tracking(TrackingSpec(), kernel, system="handbook", base=tmp_path)


def test_a_run_keeps_what_it_was_given(tracking: Tracking, kernel: Kernel, clock: ManualClock) -> None:
    uses = [Ref("dataset", "d1"), Ref("model", "m1")]
    with tracking.start_run("train ranker", kind="train", params={"lr": 0.1, "layers": [1, 2]}, uses=uses) as active:
        active.params({"seed": 7, "none": None})
        active.log({"loss": 2.0, "acc": 0.5})
        active.log({"loss": 1.0})
        clock.advance(timedelta(seconds=5))
        active.made([Ref("model", "m2")])
    run = tracking.run(active.ref)
    assert (run.name, run.kind, run.experiment, run.state, run.error) == (
        "train ranker",
        "train",
        "handbook",
        "finished",
        "",
    )
    assert run.params == {"lr": "0.1", "layers": "[1, 2]", "seed": "7", "none": ""}
    assert run.metrics == {"loss": 1.0, "acc": 0.5}
    assert run.ended is not None and run.ended - run.started == timedelta(seconds=5)
    assert [(p.step, p.value) for p in tracking.points(run.ref, "loss")] == [(0, 2.0), (1, 1.0)]
    assert set(kernel.lineage.up(run.ref).depth) >= {run.ref, *uses}
    assert run.ref in kernel.lineage.up(Ref("model", "m2")).depth


def test_the_environment_is_kept_once_and_can_be_left_out(tracking: Tracking, kernel: Kernel, tmp_path: Path) -> None:
    for _ in range(2):
        tracking.start_run("a", kind="x").end()
    rows = kernel.store.rows("select id from tracking_environment")
    assert len(rows) == 1
    kept = tracking.runs()[0].environment
    assert kept["python"].startswith("CPython 3.") and "package/pydantic" in kept
    bare = build_tracking(TrackingSpec(environment=False, experiment="e2"), kernel, system="s", base=tmp_path)
    bare.start_run("b", kind="x").end()
    assert (bare.runs()[0].environment, bare.runs()[0].experiment) == ({}, "e2")
    assert [run.name for run in tracking.runs(experiment="handbook")] == ["a", "a"]


def test_record_keeps_finished_work_with_its_kind_and_edges(tracking: Tracking, kernel: Kernel) -> None:
    made = Ref("index", "i1")
    ref = tracking.record("index handbook", {"chunk": "structure"}, {"chunks": 12}, [Ref("dataset", "d")], made)
    judged = tracking.record("eval golden", {}, {"recall": 0.9}, [], Ref("evalresult", "e"))
    assert [run.ref for run in tracking.runs(kind="index")] == [ref]
    assert tracking.run(ref).metrics == {"chunks": 12.0}
    hows = {(edge.child, edge.parent): edge.how for edge in kernel.lineage.down(ref).edges}
    assert hows[(made, ref)] == "built by"
    assert kernel.lineage.down(judged).edges[0].how == "recorded as"


def test_a_run_is_traced_with_what_happens_in_it(tracking: Tracking, kernel: Kernel) -> None:
    with tracking.start_run("fit", kind="train") as run, kernel.spans.span("embeddings x"):
        pass
    assert [(row.name, row.about) for row in kernel.spans.about(run.ref)] == [
        ("run fit", str(run.ref)), ("embeddings x", ""),
    ]  # fmt: skip
    with kernel.spans.span("index handbook"), kernel.spans.span("read"):
        pass
    with kernel.spans.span("index handbook"):
        ref = tracking.record("index handbook", {}, {}, [], Ref("index", "i"))
    (work,) = kernel.spans.about(ref)
    assert (work.name, work.started) == ("index handbook", tracking.run(ref).started)


def test_values_that_are_not_finite_survive(tracking: Tracking) -> None:
    values = [1.0, math.nan, math.inf, -math.inf]
    with tracking.start_run("r", kind="t") as run:
        for value in values:
            run.log({"loss": value, "last": math.nan})
    read = [point.value for point in tracking.points(run.ref, "loss")]
    assert read[0] == 1.0 and math.isnan(read[1]) and read[2:] == [math.inf, -math.inf]
    assert math.isnan(tracking.run(run.ref).metrics["last"])
    assert tracking.run(run.ref).metrics["loss"] == -math.inf


def test_points_can_be_read_while_the_run_goes_on(tracking: Tracking) -> None:
    run = tracking.start_run("r", kind="t")
    run.log({"loss": 3.0}, step=10)
    run.log({"loss": 2.0})
    assert [(p.step, p.value) for p in tracking.points(run.ref, "loss")] == [(10, 3.0), (11, 2.0)]
    assert tracking.run(run.ref).state == "running"
    run.end()


def test_many_threads_log_into_one_run(tracking: Tracking) -> None:
    with tracking.start_run("r", kind="t") as run:
        threads = [threading.Thread(target=lambda: [run.log({"loss": float(n)}) for n in range(500)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    points = tracking.points(run.ref, "loss")
    assert len(points) == 2000
    assert sorted(point.step for point in points) == list(range(2000))


def test_a_run_that_raises_has_failed_with_its_error(tracking: Tracking) -> None:
    with pytest.raises(ZeroDivisionError), tracking.start_run("r", kind="t") as run:
        run.log({"loss": 1})
        raise ZeroDivisionError("over\nmore lines")
    read = tracking.run(run.ref)
    assert (read.state, read.error, read.metrics) == ("failed", "ZeroDivisionError: over", {"loss": 1.0})
    assert tracking.report().unfinished == {"t": 1}


def test_a_run_whose_process_died_is_killed(tracking: Tracking, kernel: Kernel, tmp_path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from mlwright.kernel.open import open_kernel
from mlwright.tracking import TrackingSpec, build_tracking
kernel = open_kernel(Path({str(kernel.home)!r}))
tracking = build_tracking(TrackingSpec(), kernel, system="s", base=Path({str(tmp_path)!r}))
run = tracking.start_run("doomed", kind="t")
run.log({{"loss": 1.5}})
run.hand_over()
kernel.store.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=120, check=False)
    assert done.returncode == -9, done.stderr.decode()
    run = tracking.runs()[0]
    assert (run.name, run.state, run.metrics) == ("doomed", "killed", {"loss": 1.5})
    assert run.ended is not None


def test_a_silent_run_of_another_machine_counts_as_killed_after_a_while(
    tracking: Tracking, kernel: Kernel, clock: ManualClock
) -> None:
    run = tracking.start_run("far", kind="t")
    elsewhere = "another-host|boot|ns|1|2"
    kernel.store.write("update tracking_run set process = ? where id = ?", (elsewhere, run.ref.id))
    clock.advance(timedelta(minutes=9))
    assert tracking.run(run.ref).state == "running"
    tables.seen(kernel.store, [run.ref.id], clock.now())
    clock.advance(timedelta(minutes=9))
    assert tracking.run(run.ref).state == "running"
    clock.advance(timedelta(minutes=2))
    assert tracking.run(run.ref).state == "killed"
    run.end()  # it lived after all
    assert tracking.run(run.ref).state == "finished"


def test_a_clock_that_goes_back_kills_no_run(tracking: Tracking, clock: ManualClock) -> None:
    run = tracking.start_run("r", kind="t")
    clock.advance(timedelta(days=-365))
    assert tracking.run(run.ref).state == "running"
    run.end()
    assert [found.ref for found in tracking.runs()] == [run.ref]


def test_a_param_has_one_value(tracking: Tracking) -> None:
    with tracking.start_run("r", kind="t", params={"lr": 1}) as run:
        run.params({"lr": 1})
        with pytest.raises(Conflict, match="'lr' is '1' already, not '2'"):
            run.params({"lr": 2})
    with pytest.raises(Conflict, match="has ended"):
        run.log({"loss": 1})
    run.end("failed")
    assert tracking.run(run.ref).state == "finished"


@pytest.mark.parametrize("value", ["0.5", None, [1.0]])
def test_a_metric_is_a_number(tracking: Tracking, value: object) -> None:
    with tracking.start_run("r", kind="t") as run, pytest.raises(UserError, match="metric 'loss'"):
        run.log({"loss": value})  # type: ignore[dict-item]


def test_artifacts_are_kept_by_content(tracking: Tracking, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_bytes(b"<p>ok</p>")
    with tracking.start_run("r", kind="t") as run:
        run.artifact(tmp_path / "report.html")
        run.artifact(b"\x00\x01", "data/raw.bin")
        run.artifact(b"\x02", "data/raw.bin")
        with pytest.raises(UserError, match="needs a name"):
            run.artifact(b"x")
        with pytest.raises(NotFound, match="is not a file"):
            run.artifact(tmp_path)
    assert [(a.path, a.size) for a in tracking.artifacts(run.ref)] == [("data/raw.bin", 1), ("report.html", 9)]
    assert tracking.read(run.ref, "report.html") == b"<p>ok</p>"
    with pytest.raises(NotFound, match=r"no artifact 'x'") as caught:
        tracking.read(run.ref, "x")
    assert "report.html" in caught.value.hint


def test_unknown_names_list_the_known_ones(tracking: Tracking) -> None:
    with pytest.raises(NotFound) as caught:
        tracking.run(Ref("run", "nope"))
    assert "none yet" in caught.value.hint
    with tracking.start_run("r", kind="t") as run:
        run.log({"loss": 1})
    with pytest.raises(NotFound) as caught:
        tracking.points(run.ref, "accuracy")
    assert "loss" in caught.value.hint
    with pytest.raises(NotFound):
        tracking.run(Ref("answer", run.ref.id))


def test_describe_knows_runs_and_commits(tracking: Tracking) -> None:
    ref = tracking.record("index handbook", {}, {"chunks": 3}, [], Ref("index", "i"))
    described = tracking.describe(ref)
    assert described is not None and described.label == "run index handbook" and described.facts["chunks"] == "3"
    commit = tracking.describe(Ref("commit", "abc"))
    assert commit is not None and commit.facts["runs"] == "0"
    assert tracking.describe(Ref("answer", "x")) is None
    assert tracking.describe(Ref("run", "x")) is None


def test_compare_puts_what_differs_first(tracking: Tracking) -> None:
    with tracking.start_run("a", kind="t", params={"lr": 1, "same": 1}) as one:
        one.log({"loss": 1})
    with tracking.start_run("b", kind="t", params={"lr": 2, "same": 1, "z": 0}) as two:
        two.log({"loss": 2, "acc": 3})
    table = tracking.compare([one.ref, two.ref])
    assert list(table.params) == ["lr", "z", "same"]
    assert table.params["z"] == (None, "0")
    assert table.metrics == {"acc": (None, 3.0), "loss": (1.0, 2.0)}
    assert table.differing == ("param/lr", "param/z")
    assert table.environment == {}


def test_more_runs_than_fit_one_query(tracking: Tracking, kernel: Kernel) -> None:
    for n in range(450):
        ref = Ref("run", f"{n:05}")
        kernel.store.write_soon(
            "insert into tracking_run values (?, 'n', 'k', 'e', 'finished', ?, null, '', 0, '', '', '', '')",
            [(ref.id, "2026-01-01T00:00:00.000000Z")],
        )
        kernel.store.write_soon("insert into tracking_param values (?, 'n', ?)", [(ref.id, str(n))])
    kernel.store.flush()
    assert [run.params["n"] for run in tracking.runs(limit=450)] == [str(n) for n in reversed(range(450))]


@given(st.floats())
def test_a_flagged_number_comes_back(value: float) -> None:
    number, flag = tables._flagged(value)
    back = tables._value({"value": number, "flag": flag})
    assert back == value or (math.isnan(back) and math.isnan(value))


def test_the_report_names_the_newest_finished_run_of_each_work(tracking: Tracking) -> None:
    tracking.start_run("tune docs", kind="tune", params={"candidate": "a"}).end()
    tracking.start_run("tune docs", kind="tune", params={"candidate": "b"}).end()
    tracking.start_run("index docs", kind="index").end()
    tracking.start_run("train ranker", kind="train").end()
    running = tracking.start_run("tune docs", kind="tune")
    latest = tracking.report().latest
    running.end()
    assert set(latest) == {"tune docs", "index docs"}
    assert latest["tune docs"].params == {"candidate": "b"}
    assert latest["tune docs"].environment
