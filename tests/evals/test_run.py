"""Evaluations from set to gate: what is kept, what is refused, and why."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mlwright.evals import (
    EvalExample,
    EvalResult,
    Evals,
    EvalSpec,
    Expected,
    Outcome,
    Retrieved,
    Spent,
    Target,
    build_evals,
    cost_lines,
)
from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import NotFound, ProviderError, Refused, Unreadable, UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.plan import Range

Over = Callable[..., Evals]
Write = Callable[[Sequence[Mapping[str, object]]], Path]

ONE, TWO = Ref("release", "one"), Ref("release", "two")
CASES = [
    {"id": f"q{n}", "input": f"{n}?", "expected_output": "yes", "relevant": [{"document": "a.md"}]} for n in range(20)
]


def answering(wrong: Sequence[str] = (), failing: Sequence[str] = ()) -> Target:
    """A target that says yes, except to some."""

    async def target(example: EvalExample) -> Outcome:
        if example.id in failing:
            raise ProviderError("the model is away", hint="wait")
        retrieved = (Retrieved("b.md", ""),) if example.id in wrong else (Retrieved("a.md", ""),)
        output = "no" if example.id in wrong else "Yes."
        return Outcome(
            output, retrieved, cost=0.001, seconds={"retrieve": 0.1, "total": 0.5}, answer=Ref("answer", example.id)
        )

    return target


def go(evals: Evals, target: Target, of: Ref = ONE, **more: object) -> EvalResult:
    return asyncio.run(evals.evaluate("support", target, of, **more))  # type: ignore[arg-type]


def failing(result: EvalResult) -> Mapping[str, str]:
    return {line.metric: line.why for line in result.requirements if not line.passed}


def test_a_result_is_measured_judged_and_kept(over: Over, write: Write, recorded) -> None:  # type: ignore[no-untyped-def]
    write(CASES)
    evals = over({"recall@5": ">= 0.85", "exact_match": ">= 0.85"})
    result = go(evals, answering(wrong=["q3", "q4", "q5"]))
    assert result.passed, "17 of 20 is exactly 0.85"
    assert (result.metrics["recall@5"].mean, result.metrics["recall@5"].n) == (0.85, 20)
    assert result.metrics["recall@5"].low < 0.85 < result.metrics["recall@5"].high
    assert {"mrr", "ndcg@10", "contains", "token_f1", "abstention"} <= set(result.metrics)
    assert all("both sides" in line.why for line in result.requirements)
    assert evals.results() == [result] == evals.results(gate="support")
    assert evals.result(result.ref) == result
    examples = evals.examples(result.ref)
    assert [one.example for one in examples] == [line["id"] for line in CASES]
    assert (examples[3].output, examples[3].scores["exact_match"], examples[3].answer) == ("no", 0, Ref("answer", "q3"))
    ((name, params, metrics, uses, made),) = recorded.calls
    assert (name, made, uses) == ("eval support", result.ref, [ONE, result.dataset])
    assert (params["set"], params["cases"], params["require.recall@5"]) == ("golden", "20", ">= 0.85")
    assert metrics["recall@5"] == 0.85
    assert metrics["recall@5.low"] < 0.85
    assert (metrics["errors"], metrics["cost_usd"], metrics["seconds_total.p95"]) == (0, pytest.approx(0.02), 0.5)
    assert (result.seconds["retrieve"].p50.value, result.seconds["total"].p95.n) == (0.1, 20)
    assert result.seconds["total"].p95.high is None, "20 examples do not bound a 95th percentile from above"
    assert result.cost == Spent(pytest.approx(0.02), 0.001, 0.001, 0.001, 20, 0)
    assert (examples[3].seconds, examples[3].cost) == ({"retrieve": 0.1, "total": 0.5}, 0.001)


def test_synthetic_examples_decide_only_where_the_gate_allows_them(over: Over, write: Write) -> None:
    write([*CASES, {"id": "made", "input": "x?", "synthetic": "headings@1", "relevant": [{"document": "a.md"}]}])
    refused = go(over({"recall@5": ">= 0.5"}), answering())
    assert not refused.passed
    assert refused.synthetic == 1
    assert "1 example was made by a program" in failing(refused)["synthetic"]
    allowed = go(over({"recall@5": ">= 0.5"}, allow_synthetic=True), answering())
    assert (allowed.passed, allowed.synthetic) == (True, 1)
    evals = over({"recall@5": ">= 0.5"})
    assert evals.report().sets[0].synthetic == 1
    assert all("synthetic" in (evals.describe(ref) or allowed).facts for ref in (allowed.ref, allowed.dataset))  # type: ignore[union-attr]


def test_lineage_and_descriptions(over: Over, write: Write, kernel: Kernel) -> None:
    write(CASES)
    evals = over({"recall@5": ">= 0.85"})
    result = go(evals, answering())
    edges = {(edge.how, edge.parent) for edge in kernel.lineage.up(result.ref, depth=1).edges}
    assert edges == {("judges", ONE), ("on", result.dataset), ("recorded as", result.run)}
    described = evals.describe(result.ref)
    assert described is not None
    assert described.facts["verdict"] == "passed"
    assert "recall@5" in described.facts
    kept = evals.describe(result.dataset)
    assert kept is not None
    assert (kept.label, kept.facts["cases"]) == ("eval set golden", "20")
    assert evals.describe(Ref("evalset", "x")) is evals.describe(Ref("evalresult", "x")) is evals.describe(ONE) is None


def test_a_mean_below_its_bound_fails_with_its_reason(over: Over, write: Write) -> None:
    write(CASES)
    result = go(over({"recall@5": ">= 0.95"}), answering(wrong=["q1", "q2"]))
    assert not result.passed
    assert "0.900" in failing(result)["recall@5"]
    assert ">= 0.95" in failing(result)["recall@5"]


def test_too_few_cases_fail_whatever_the_scores(over: Over, write: Write) -> None:
    write(CASES)
    result = go(over({"recall@5": ">= 0.1"}, min_cases=50), answering())
    assert failing(result) == {"cases": "the set has 20 cases, and `min_cases` asks for 50: add 30"}


def test_errors_are_no_scores_and_above_one_in_twenty_they_fail_the_gate(over: Over, write: Write) -> None:
    write(CASES)
    evals = over({"recall@5": ">= 0.85"})
    few = go(evals, answering(failing=["q1"]))
    assert (few.passed, few.errors, few.metrics["recall@5"].n, few.metrics["recall@5"].mean) == (True, 1, 19, 1)
    assert "q1" in few.requirements[0].why
    many = go(evals, answering(failing=["q1", "q2"]))
    assert "2 of 20" in failing(many)["errors"]
    assert evals.examples(many.ref)[1].error == "the model is away"
    assert evals.examples(many.ref)[1].scores == {}
    none = go(evals, answering(failing=[str(line["id"]) for line in CASES]))
    assert set(failing(none)) == {"errors", "recall@5"}


def test_a_metric_that_applies_to_no_example_fails(over: Over, write: Write) -> None:
    write([{"id": "a", "input": "x"}])
    assert "no example" in failing(go(over({"recall@5": ">= 0"}), answering()))["recall@5"]


def test_texts_that_no_database_keeps_are_mended(over: Over, write: Write) -> None:
    write(CASES[:2])

    async def target(example: EvalExample) -> Outcome:
        return Outcome("a\0b\ud800")

    evals = over({"abstention": ">= 0"})
    assert evals.examples(go(evals, target).ref)[0].output == "a\ufffdb?"


def test_no_more_examples_at_once_than_asked(over: Over, write: Write) -> None:
    write(CASES)
    now, most = 0, 0

    async def target(example: EvalExample) -> Outcome:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        now -= 1
        return Outcome("yes")

    go(over({"abstention": ">= 0"}), target, concurrency=3)
    assert most == 3


def test_an_evaluation_that_is_cut_short_keeps_nothing(over: Over, write: Write, recorded) -> None:  # type: ignore[no-untyped-def]
    write(CASES)
    evals = over({"abstention": ">= 0"})

    async def hanging(example: EvalExample) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError

    async def cut() -> None:
        task = asyncio.create_task(evals.evaluate("support", hanging, ONE))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cut())
    assert evals.results() == []
    assert recorded.calls == []


def test_a_drop_against_production_is_judged_on_pairs(over: Over, write: Write) -> None:
    write(CASES)
    evals = over({"exact_match": ">= 0.5"}, max_regression=0.05)
    go(evals, answering(wrong=["q1"]), ONE)
    same = go(evals, answering(wrong=["q2"]), TWO, against=ONE)
    (line,) = (line for line in same.requirements if line.op == "drop <=")
    assert same.passed
    assert line.value is not None
    assert (line.value.mean, line.value.n) == (0, 20)
    assert "smallest drop" in line.why
    edge = go(evals, answering(wrong=["q1", "q2"]), TWO, against=ONE)
    assert edge.passed, "one case of twenty is a drop of exactly 0.05"
    worse = go(evals, answering(wrong=["q1", "q2", "q3"]), TWO, against=ONE)
    assert "-0.100" in failing(worse)["exact_match"]
    assert str(ONE) in failing(worse)["exact_match"]


def test_without_a_result_of_production_the_comparison_fails_closed(over: Over, write: Write) -> None:
    write(CASES)
    evals = over({"exact_match": ">= 0.5"}, max_regression="5%")
    assert "no result" in failing(go(evals, answering(), TWO, against=ONE))["exact_match"]
    assert go(evals, answering(), TWO, against=TWO).passed, "nothing is compared with itself"
    assert go(evals, answering(), TWO).passed, "nothing is in production yet"


def test_a_grown_set_is_compared_on_the_examples_that_stayed_the_same(over: Over, write: Write) -> None:
    write(CASES)
    evals = over({"exact_match": ">= 0.1"}, max_regression=0.05)
    go(evals, answering(), ONE)
    write([*CASES[:15], {**CASES[15], "input": "another?"}, {"id": "new", "input": "n?", "expected_output": "yes"}])
    result = go(evals, answering(wrong=["q15", "new"]), TWO, against=ONE)
    (line,) = (line for line in result.requirements if line.op == "drop <=")
    assert line.value is not None
    assert (line.passed, line.value.n, line.value.mean) == (True, 15, 0)


def test_a_release_passes_only_with_a_passed_result_on_the_present_set(over: Over, write: Write) -> None:
    write(CASES)
    evals = over({"exact_match": ">= 0.95"})
    with pytest.raises(Refused) as none:
        evals.require_pass("support", ONE)
    assert "mlwright eval" in none.value.hint
    go(evals, answering(wrong=["q1", "q2"]))
    with pytest.raises(Refused, match=r"0\.900"):
        evals.require_pass("support", ONE)
    go(evals, answering())
    evals.require_pass("support", ONE)
    with pytest.raises(Refused):
        evals.require_pass("support", TWO)
    write(CASES[:19])
    with pytest.raises(Refused, match="present version"):
        evals.require_pass("support", ONE)
    with pytest.raises(NotFound, match="gate"):
        evals.require_pass("other", ONE)


def test_the_newest_result_counts_though_the_clock_stepped_back(over: Over, write: Write, clock: ManualClock) -> None:
    write(CASES)
    evals = over({"exact_match": ">= 0.95"})
    go(evals, answering())
    clock.advance(timedelta(days=-9))
    latest = go(evals, answering(wrong=["q1", "q2"]))
    assert evals.results(1) == [latest]
    with pytest.raises(Refused):
        evals.require_pass("support", ONE)


def test_an_old_result_can_show_its_examples_after_the_set_changed(over: Over, write: Write) -> None:
    path = write(CASES)
    evals = over({"exact_match": ">= 0.5"})
    result = go(evals, answering())
    path.unlink()
    assert evals.dataset_at(result.dataset).examples[0].relevant == (Expected("a.md"),)
    with pytest.raises(NotFound):
        evals.dataset("golden")
    with pytest.raises(NotFound):
        evals.dataset_at(Ref("evalset", "x"))
    with pytest.raises(NotFound):
        evals.examples(Ref("evalresult", "x"))


def test_wrong_names_in_the_blueprint_are_found_when_it_is_built(
    kernel: Kernel, tmp_path: Path, over: Over, recorded
) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotFound) as metric:
        over({"recal@5": ">= 0.5"})
    assert "evals.gates.support.require" in metric.value.message
    assert "recall" in metric.value.hint
    with pytest.raises(UserError, match="depth"):
        over({"abstention@5": ">= 0.5"})
    spec = EvalSpec.model_validate({"gates": {"g": {"set": "golden", "require": {"mrr": ">= 0"}}}})
    with pytest.raises(NotFound, match=r"evals\.gates\.g\.set"):
        build_evals(spec, kernel, base=tmp_path, record=recorded)


def test_the_report_says_what_is_there_and_what_is_broken(over: Over, write: Write) -> None:
    evals = over({"mrr": ">= 0"}, min_cases=3)
    (before,) = evals.report().sets
    assert (before.cases, before.version) == (0, None)
    assert "no such file" in before.problem
    write([*CASES, {"id": "u", "input": "?", "unanswerable": True}])
    result = go(evals, answering())
    report = evals.report()
    assert (report.sets[0].cases, report.sets[0].unanswerable, report.sets[0].version) == (21, 1, result.dataset)
    assert (report.gates[0].name, report.gates[0].set, report.gates[0].latest) == ("support", "golden", result)


def test_the_plan_prices_an_evaluation_and_never_makes_a_missing_price_zero(tmp_path: Path, write: Write) -> None:
    write(CASES)
    spec = EvalSpec.model_validate(
        {"sets": {"golden": {"path": "golden.jsonl"}}, "gates": {"g": {"set": "golden", "require": {"mrr": ">= 0"}}}}
    )
    (line,) = cost_lines(spec, base=tmp_path, per_request=Range(0.001, 0.002, 0.004), source="list price")
    assert line.usd == Range(0.02, 0.04, 0.08)
    assert line.formula == "20 cases x 0.002 USD a request"
    (unpriced,) = cost_lines(spec, base=tmp_path, per_request=None, source="")
    assert unpriced.usd is None


def test_bad_lines_stop_an_evaluation_before_it_asks(over: Over, write: Write) -> None:
    write([{"id": "a"}])
    with pytest.raises(Unreadable, match="input"):
        go(over({"mrr": ">= 0"}), answering())


def test_the_report_compares_releases_and_says_since_when(over: Over, write: Write, clock: ManualClock) -> None:
    evals = over({"recall@5": ">= 0.5"})
    write(CASES)
    first = go(evals, answering())
    began = clock.now()
    clock.advance(timedelta(days=3))
    go(evals, answering(["q1"]), TWO)
    newest = go(evals, answering(["q1", "q2"]), TWO)
    assert evals.report().sets[0].since == began
    assert [one.ref for one in evals.report().gates[0].compared] == [newest.ref, first.ref]
    write(CASES[:5])
    changed = evals.report()
    assert (changed.sets[0].since, changed.gates[0].compared, changed.gates[0].slices) == (None, (), {})


def test_the_report_scores_slices_by_tag(over: Over, write: Write) -> None:
    evals = over({"recall@5": ">= 0.5"})
    write([{**case, "tags": ["even", "edge"] if number % 2 == 0 else ["odd"]} for number, case in enumerate(CASES)])
    go(evals, answering([f"q{n}" for n in range(1, 20, 2)]))
    slices = evals.report().gates[0].slices
    assert {tag: (means["recall@5"].mean, means["recall@5"].n) for tag, means in slices.items()} == {
        "even": (1, 10),
        "odd": (0, 10),
    }
    assert 0 < slices["even"]["recall@5"].low < 1
    assert evals.dataset("golden").edge == 10


def test_what_an_evaluation_took_is_kept(over: Over, write: Write, recorded: Any) -> None:
    evals = over({"recall@5": ">= 0.5"})
    write(CASES)
    took = go(evals, answering()).took
    assert took is not None and took > 0
    assert evals.results()[0].took == took
    assert recorded.calls[0][2]["took_seconds"] == took
