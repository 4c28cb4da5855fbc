"""The gate: what was measured against what is required, line by line, each with its reason.

A gate fails closed: too few cases, examples that no person wrote, too many errors, a metric that applied to no example,
or no result to compare with are failures of their own. A mean is held against its bound as it is; the interval beside
it says how sure that is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlwright.evals.spec import GateSpec
from mlwright.evals.stats import paired
from mlwright.evals.types import ExampleResult, Interval, Requirement
from mlwright.kernel.ids import Ref
from mlwright.kernel.units import Bound

MOST_ERRORS = 0.05
"""The largest share of examples that may fail before a gate says nothing can be said."""
_DIGITS = 12  # a mean of 0.85 must not fail '>= 0.85' for the last bit of a float


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the release in production scored on the same examples, by their ids; None where it never met them."""

    release: Ref
    scores: Mapping[str, Mapping[str, float]] | None


def judge(
    spec: GateSpec,
    results: Sequence[ExampleResult],
    metrics: Mapping[str, Interval],
    *,
    min_cases: int,
    synthetic: int = 0,
    baseline: Baseline | None,
) -> tuple[Requirement, ...]:
    """Every line of the gate. It passed where all of them did."""
    lines = [*_enough(len(results), min_cases), *_written(synthetic, spec), *_errors(results)]
    lines.extend(_held(name, bound, metrics.get(name)) for name, bound in spec.require.items())
    if spec.max_regression is not None and baseline is not None:
        lines.extend(_not_worse(name, spec.max_regression, results, baseline) for name in spec.require)
    return tuple(lines)


def _enough(cases: int, min_cases: int) -> Iterator[Requirement]:
    if cases < min_cases:
        why = f"the set has {cases:,} cases, and `min_cases` asks for {min_cases:,}: add {min_cases - cases:,}"
        yield Requirement("cases", ">=", min_cases, None, False, why)


def _written(synthetic: int, spec: GateSpec) -> Iterator[Requirement]:
    if synthetic and not spec.allow_synthetic:
        many = "1 example was" if synthetic == 1 else f"{synthetic:,} examples were"
        why = (
            f"{many} made by a program and not written by a person; look through them and take the mark"
            " `synthetic` out, or set `allow_synthetic: true` on the gate"
        )
        yield Requirement("synthetic", "<=", 0, None, False, why)


def _errors(results: Sequence[ExampleResult]) -> Iterator[Requirement]:
    failed = [result for result in results if result.error]
    if failed:
        share = len(failed) / len(results)
        why = f"{len(failed)} of {len(results)} examples failed; the first, {failed[0].example!r}: {failed[0].error}"
        yield Requirement("errors", "<=", MOST_ERRORS, None, share <= MOST_ERRORS, why)


def _held(name: str, bound: Bound, value: Interval | None) -> Requirement:
    if value is None:
        why = f"no example of the set could be scored by {name}: none has what it needs, or all failed"
        return Requirement(name, bound.op, bound.value, None, False, why)
    passed = bound.holds(round(value.mean, _DIGITS))
    sure = bound.holds(value.low) == bound.holds(value.high)
    doubt = "" if sure else f"; the interval lies on both sides of {bound.value:g}, so more cases would tell"
    why = f"{name} is {_shown(value)}, {'within' if passed else 'outside'} {bound}{doubt}"
    return Requirement(name, bound.op, bound.value, value, passed, why)


def _not_worse(name: str, most: float, results: Sequence[ExampleResult], baseline: Baseline) -> Requirement:
    """The mean drop over the examples that both scored may be `most`; smaller true drops than the one named in `why`
    are beyond what so many examples can show."""
    if baseline.scores is None:
        why = f"{baseline.release} is in production and has no result on these examples; evaluate it on this set first"
        return Requirement(name, "drop <=", most, None, False, why)
    pairs = [
        (result.scores[name], baseline.scores[result.example][name])
        for result in results
        if name in result.scores and name in baseline.scores.get(result.example, {})
    ]
    if len(pairs) < 2:
        why = f"{len(pairs)} examples have {name} from this release and from {baseline.release}: too few to compare"
        return Requirement(name, "drop <=", most, None, False, why)
    change = paired([new for new, _ in pairs], [old for _, old in pairs])
    value = Interval(change.mean, change.low, change.high, change.n)
    passed = round(-change.mean, _DIGITS) <= most
    seen = f"the smallest drop that they show is {change.detectable:.3f}" if change.error else "all changed alike"
    why = (
        f"{name} changed by {_shown(value, sign='+')} against {baseline.release}, at most -{most:g} is allowed; {seen}"
    )
    return Requirement(name, "drop <=", most, value, passed, why)


def _shown(value: Interval, sign: str = "") -> str:
    many = "example" if value.n == 1 else "examples"
    return f"{value.mean:{sign}.3f} [{value.low:{sign}.3f}, {value.high:{sign}.3f}] over {value.n:,} {many}"
