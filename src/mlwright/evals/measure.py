"""Measure: put every example to the target, a few at once, and score what came out."""

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence

from mlwright.evals.metrics import Metric
from mlwright.evals.ports import Outcome, Target
from mlwright.evals.stats import interval, mean_of, quantile
from mlwright.evals.types import EvalExample, ExampleResult, Interval, Spent, StageTime
from mlwright.kernel.errors import MlwrightError
from mlwright.kernel.progress import Progress


async def measured(
    examples: Sequence[EvalExample],
    target: Target,
    metrics: Mapping[str, Metric],
    *,
    concurrency: int,
    progress: Progress,
    task: str,
) -> list[ExampleResult]:
    """Every example in the given order. What a target or a metric raises becomes the error of its example."""
    done: list[ExampleResult | None] = [None] * len(examples)
    waiting = iter(enumerate(examples))

    async def work() -> None:
        for place, example in waiting:
            done[place] = await _one(example, target, metrics)
            progress.step(task)

    progress.start(task, len(examples))
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(examples))):
                group.create_task(work())
    finally:
        progress.end(task)
    return [one for one in done if one is not None]


async def _one(example: EvalExample, target: Target, metrics: Mapping[str, Metric]) -> ExampleResult:
    try:
        outcome = await target(example)
    except Exception as error:  # whatever a target raises is a fact about it, and the other examples go on
        return ExampleResult(example.id, example.input, "", _said(error), {}, None)
    try:
        return _kept(example, outcome, "", _scores(example, outcome, metrics))
    except Exception as error:  # the same for metrics, which may come from other packages
        return _kept(example, outcome, _said(error), {})


def _scores(example: EvalExample, outcome: Outcome, metrics: Mapping[str, Metric]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for name, metric in metrics.items():
        score = metric.score(example, outcome)
        if score is None:
            continue
        if not (math.isfinite(score) and 0 <= score <= 1):
            raise ValueError(f"metric {name} gave {score}, which is not from 0 to 1")
        scores[name] = float(score)
    return scores


def _kept(example: EvalExample, outcome: Outcome, error: str, scores: dict[str, float]) -> ExampleResult:
    return ExampleResult(
        example=example.id,
        input=example.input,
        output=_storable(outcome.output),
        error=error,
        scores=scores,
        answer=outcome.answer,
        seconds=dict(outcome.seconds),
        cost=outcome.cost,
    )


def _said(error: Exception) -> str:
    text = error.message if isinstance(error, MlwrightError) else f"{type(error).__name__}: {error}"
    return _storable(text)


def _storable(text: str) -> str:
    """Models may say what no database keeps: half characters and NULs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def summarise(results: Iterable[ExampleResult]) -> dict[str, Interval]:
    """Every metric that applied to at least one example, over those examples."""
    return {name: interval(scores) for name, scores in _by_name(result.scores for result in results).items()}


def times(results: Iterable[ExampleResult]) -> dict[str, StageTime]:
    """Median and 95th percentile of every stage, over the examples that went through it."""
    return {
        name: StageTime(quantile(values, 0.5), quantile(values, 0.95))
        for name, values in _by_name(result.seconds for result in results).items()
    }


def spent(results: Sequence[ExampleResult]) -> Spent | None:
    """What the examples that ended well cost; None where none of them has a price."""
    costs = [result.cost for result in results if result.cost is not None]
    if not costs:
        return None
    mean, low, high = mean_of(costs)
    unpriced = sum(result.cost is None and not result.error for result in results)
    return Spent(math.fsum(costs), mean, max(0.0, low), high, len(costs), unpriced)


def _by_name(many: Iterable[Mapping[str, float]]) -> dict[str, list[float]]:
    values: dict[str, list[float]] = {}
    for one in many:
        for name, value in one.items():
            values.setdefault(name, []).append(value)
    return values
