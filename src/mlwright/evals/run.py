"""One evaluation from set to kept result: measure, judge, record, link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from mlwright.evals import sets, tables
from mlwright.evals.gate import Baseline, judge
from mlwright.evals.measure import measured, spent, summarise, times
from mlwright.evals.naming import metrics_for
from mlwright.evals.ports import Recorder, Target
from mlwright.evals.spec import GateSpec
from mlwright.evals.types import EvalDataset, EvalResult, ExampleResult, Interval, Spent, StageTime
from mlwright.kernel.aio import in_thread
from mlwright.kernel.base import Kernel
from mlwright.kernel.ids import Ref, new_ref
from mlwright.kernel.lineage import Edge
from mlwright.kernel.progress import Progress


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an evaluation: through which gate, over which set, of what, and against what in production."""

    gate: str
    spec: GateSpec
    dataset: EvalDataset
    min_cases: int
    of: Ref
    against: Ref | None


async def evaluate(
    kernel: Kernel, record: Recorder, asked: Question, target: Target, *, concurrency: int, progress: Progress
) -> EvalResult:
    """The kept result; one whose gate failed is a result too. Nothing is kept where the evaluation is cut short."""
    metrics = metrics_for(asked.spec.require, f"evals.gates.{asked.gate}.require")
    began = perf_counter()
    with kernel.spans.span(f"eval {asked.gate}"):
        examples = await measured(
            asked.dataset.examples,
            target,
            metrics,
            concurrency=concurrency,
            progress=progress,
            task=f"evaluate {asked.gate}",
        )
        return await in_thread(_conclude, kernel, record, asked, examples, perf_counter() - began)


def _conclude(
    kernel: Kernel, record: Recorder, asked: Question, examples: Sequence[ExampleResult], took: float
) -> EvalResult:
    means, seconds, cost = summarise(examples), times(examples), spent(examples)
    baseline = _baseline(kernel, asked)
    synthetic = asked.dataset.synthetic
    lines = judge(asked.spec, examples, means, min_cases=asked.min_cases, synthetic=synthetic, baseline=baseline)
    errors = sum(bool(one.error) for one in examples)
    made = new_ref("evalresult")
    run = record(
        f"eval {asked.gate}",
        {
            "gate": asked.gate,
            "set": asked.dataset.name,
            "cases": str(len(examples)),
            "synthetic": str(synthetic),
            "max_regression": str(asked.spec.max_regression),
            **{f"require.{name}": str(bound) for name, bound in asked.spec.require.items()},
        },
        {**_numbers(means, seconds, cost, errors), "took_seconds": took},
        [asked.of, asked.dataset.ref],
        made,
    )
    result = EvalResult(
        ref=made,
        gate=asked.gate,
        target=asked.of,
        dataset=asked.dataset.ref,
        run=run,
        metrics=means,
        requirements=lines,
        passed=all(line.passed for line in lines),
        errors=errors,
        at=kernel.clock.now(),
        seconds=seconds,
        cost=cost,
        synthetic=synthetic,
        took=took,
    )
    _keep(kernel, asked.dataset, result, examples)
    return result


def _numbers(
    means: Mapping[str, Interval], seconds: Mapping[str, StageTime], cost: Spent | None, errors: int
) -> dict[str, float]:
    """What the run shows: every mean with its interval, the seconds of every stage, USD, errors."""
    numbers = {"errors": float(errors)}
    for name, value in means.items():
        numbers |= {name: value.mean, f"{name}.low": value.low, f"{name}.high": value.high}
    for stage, took in seconds.items():
        numbers |= {f"seconds_{stage}.p50": took.p50.value, f"seconds_{stage}.p95": took.p95.value}
    if cost is not None:
        numbers |= {"cost_usd": cost.total, "cost_usd_mean": cost.mean}
    return numbers


def _keep(kernel: Kernel, dataset: EvalDataset, result: EvalResult, examples: Sequence[ExampleResult]) -> None:
    blob = kernel.blobs.put(sets.written(dataset))
    edges = [Edge(result.ref, result.target, "judges"), Edge(result.ref, dataset.ref, "on")]
    if result.run is not None:
        edges.append(Edge(result.ref, result.run, "recorded as"))
    with kernel.store.transaction():
        tables.add_set(kernel.store, dataset.ref, dataset.name, blob, result.at)
        tables.add_result(kernel.store, result, dataset.name, examples)
        kernel.lineage.link_many(edges)


def _baseline(kernel: Kernel, asked: Question) -> Baseline | None:
    """What production said to these examples: on this version of the set, else on those that an older one shares."""
    if asked.against is None or asked.against == asked.of or asked.spec.max_regression is None:
        return None
    before = tables.latest_on(kernel.store, asked.against, set_name=asked.dataset.name, dataset=asked.dataset.ref)
    kept = tables.eval_set(kernel.store, before.dataset) if before else None
    if before is None or kept is None:
        return Baseline(asked.against, None)
    then = {one.id: one for one in sets.rewritten(kept[0], kernel.blobs.get(kept[1])).examples}
    same = {one.id for one in asked.dataset.examples if then.get(one.id) == one}
    scores = {one.example: one.scores for one in tables.examples(kernel.store, before.ref) if one.example in same}
    return Baseline(asked.against, scores or None)
