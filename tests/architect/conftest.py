"""A system that passes every rule, as a file and as records, to be spoilt in one place by each test."""

import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlwright.architect import Records
from mlwright.blueprint import Blueprint, load
from mlwright.data import DataReport
from mlwright.data.report import SourceReport
from mlwright.data.types import Dataset
from mlwright.evals import EvalReport, EvalResult, GateReport, Interval, Quantile, SetReport, Spent, StageTime
from mlwright.kernel.ids import Ref
from mlwright.rag import RagReport
from mlwright.serving import EndpointReport, Exercised, Release
from mlwright.tracking import Run, TrackingReport

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "blueprints"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
STABLE, DATASET, SET, INDEX = Ref("release", "2"), Ref("dataset", "1"), Ref("evalset", "1"), Ref("index", "1")

Make = Callable[..., Blueprint]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """`support.yaml` with values set by path and files written beside it."""

    def made(sets: Mapping[str, str] = {}, files: Mapping[str, str] = {}) -> Blueprint:
        shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return load(tmp_path / "support.yaml", sets=sets, secrets=False)

    return made


def result(target: Ref = STABLE, *, cost: float = 0.004, passed: bool = True, took: float = 42.0) -> EvalResult:
    """An evaluation through the gate `support`."""
    whole = StageTime(Quantile(1.0, 0.9, 1.1, 100), Quantile(2.0, 1.8, 2.4, 100))
    return EvalResult(
        ref=Ref("evalresult", target.id),
        gate="support",
        target=target,
        dataset=SET,
        run=None,
        metrics={"recall@5": Interval(0.9, 0.86, 0.94, 100), "mrr": Interval(0.8, 0.7, 0.9, 100)},
        requirements=(),
        passed=passed,
        errors=0,
        at=NOW,
        seconds={"retrieve": whole, "generate": whole, "total": whole},
        cost=Spent(cost * 100, cost, cost * 0.9, cost * 1.1, 100, 0),
        took=took,
    )


def run(name: str) -> Run:
    return Run(
        Ref("run", name.replace(" ", "-")), name, name.split()[0], "support-desk", "finished", NOW, NOW, "c0ffee1234",
        False, {}, {}, {"python": "CPython 3.11"}, "",
    )  # fmt: skip


def records() -> Records:
    """Of a workspace in which everything was done."""
    release = Release(STABLE, 2, "support.yaml", "c0ffee1234", NOW)
    dataset = Dataset(DATASET, "docs", 1, 120, 10_000, 120, 0, 0, NOW)
    latest = result()
    return Records(
        now=NOW,
        data=DataReport((SourceReport("docs", dataset, 60.0, 1),)),
        rag={"support": RagReport(INDEX, DATASET, "2026-11-23T11:00:00", 120, 900, 0, 0, 10_000)},
        evals=EvalReport(
            (SetReport("golden", Path("golden.jsonl"), 1000, 1000, SET, 250, 0, "", NOW),),
            (
                GateReport(
                    "support", "golden", latest, (latest,), {"pumps": {"recall@5": Interval(0.88, 0.8, 0.95, 60)}}
                ),
            ),
        ),
        exercised={"answer": Exercised("answer", release, 2, 2, 1, 2, 1, NOW, 900, 4)},
        served={"answer": EndpointReport("answer", 900, 3, 200, 4, 1.0, 3.0, 5.0, 1.0, 3.6, 0, 8, 1, {})},
        tracking=TrackingReport(
            "support-desk", {"index": 1}, {}, {name: run(name) for name in ("index support", "tune support")}
        ),
        trace_days=365,
    )
