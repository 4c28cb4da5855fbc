"""All SQL of evals. Numbers, not times, say which result is newer: clocks step back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from mlwright.evals.types import EvalResult, ExampleResult, Interval, Quantile, Requirement, Spent, StageTime
from mlwright.kernel.clock import stamp, unstamp
from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store

Row = Mapping[str, Any]


def add_set(store: Store, ref: Ref, name: str, blob: str, at: datetime) -> None:
    store.write(
        "insert into eval_set (ref, name, blob, at) values (?, ?, ?, ?) on conflict (ref) do nothing",
        (str(ref), name, blob, stamp(at)),
    )


def eval_set(store: Store, ref: Ref) -> tuple[str, str] | None:
    """Name and blob of a version of a set."""
    row = store.one("select name, blob from eval_set where ref = ?", (str(ref),))
    return (row["name"], row["blob"]) if row else None


def add_result(store: Store, result: EvalResult, set_name: str, examples: Sequence[ExampleResult]) -> None:
    """The result with its examples, under the next number; call it inside a transaction."""
    last = store.one("select max(number) as number from eval_result")
    store.write(
        "insert into eval_result (ref, number, gate, set_name, target, dataset, run, metrics, requirements, passed,"
        " errors, at, seconds, cost, synthetic, took) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            str(result.ref),
            ((last["number"] if last else None) or 0) + 1,
            result.gate,
            set_name,
            str(result.target),
            str(result.dataset),
            str(result.run) if result.run else None,
            json.dumps({name: asdict(value) for name, value in result.metrics.items()}),
            json.dumps([asdict(line) for line in result.requirements]),
            int(result.passed),
            result.errors,
            stamp(result.at),
            json.dumps({name: asdict(took) for name, took in result.seconds.items()}),
            json.dumps(asdict(result.cost)) if result.cost else None,
            result.synthetic,
            result.took,
        ),
    )
    store.write_many(
        "insert into eval_example (result, place, example, input, output, error, scores, answer, seconds, cost)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                str(result.ref),
                place,
                one.example,
                one.input,
                one.output,
                one.error,
                json.dumps(dict(one.scores)),
                str(one.answer) if one.answer else None,
                json.dumps(dict(one.seconds)),
                one.cost,
            )
            for place, one in enumerate(examples)
        ],
    )


def first_used(store: Store, ref: Ref) -> datetime | None:
    """When a version of a set was evaluated for the first time."""
    row = store.one("select at from eval_set where ref = ?", (str(ref),))
    return unstamp(row["at"]) if row else None


def results(store: Store, limit: int, gate: str | None) -> list[EvalResult]:
    """Newest first."""
    where, args = ("", ()) if gate is None else (" where gate = ?", (gate,))
    rows = store.rows(f"select * from eval_result{where} order by number desc limit ?", (*args, limit))  # noqa: S608 - constants
    return [_result(row) for row in rows]


def result(store: Store, ref: Ref) -> EvalResult | None:
    row = store.one("select * from eval_result where ref = ?", (str(ref),))
    return _result(row) if row else None


def latest_of(store: Store, target: Ref, *, gate: str, dataset: Ref) -> EvalResult | None:
    """The newest result of a target through this gate on this version of the set."""
    row = store.one(
        "select * from eval_result where target = ? and gate = ? and dataset = ? order by number desc limit 1",
        (str(target), gate, str(dataset)),
    )
    return _result(row) if row else None


def newest_of_each(store: Store, *, gate: str, dataset: Ref) -> list[EvalResult]:
    """The newest result of every target through this gate on this version of the set, the latest first."""
    rows = store.rows(
        "select * from eval_result where number in"
        " (select max(number) from eval_result where gate = ? and dataset = ? group by target) order by number desc",
        (gate, str(dataset)),
    )
    return [_result(row) for row in rows]


def latest_on(store: Store, target: Ref, *, set_name: str, dataset: Ref) -> EvalResult | None:
    """The newest result of a target on this version of the set, else on any version of it."""
    row = store.one(
        "select * from eval_result where target = ? and (dataset = ? or set_name = ?)"
        " order by case when dataset = ? then 0 else 1 end, number desc limit 1",
        (str(target), str(dataset), set_name, str(dataset)),
    )
    return _result(row) if row else None


def examples(store: Store, result: Ref) -> list[ExampleResult]:
    """In the order of the set."""
    return [
        ExampleResult(
            row["example"],
            row["input"],
            row["output"],
            row["error"],
            json.loads(row["scores"]),
            Ref.parse(row["answer"]) if row["answer"] else None,
            json.loads(row["seconds"]),
            row["cost"],
        )
        for row in store.rows("select * from eval_example where result = ? order by place", (str(result),))
    ]


def _result(row: Row) -> EvalResult:
    return EvalResult(
        ref=Ref.parse(row["ref"]),
        gate=row["gate"],
        target=Ref.parse(row["target"]),
        dataset=Ref.parse(row["dataset"]),
        run=Ref.parse(row["run"]) if row["run"] else None,
        metrics={name: Interval(**value) for name, value in json.loads(row["metrics"]).items()},
        requirements=tuple(_requirement(line) for line in json.loads(row["requirements"])),
        passed=bool(row["passed"]),
        errors=row["errors"],
        at=unstamp(row["at"]),
        seconds={name: _took(took) for name, took in json.loads(row["seconds"]).items()},
        cost=Spent(**json.loads(row["cost"])) if row["cost"] else None,
        synthetic=row["synthetic"],
        took=row["took"],
    )


def _took(stage: Mapping[str, Any]) -> StageTime:
    return StageTime(Quantile(**stage["p50"]), Quantile(**stage["p95"]))


def _requirement(line: dict[str, Any]) -> Requirement:
    value = Interval(**line.pop("value")) if line["value"] else line.pop("value")
    return Requirement(value=value, **line)
