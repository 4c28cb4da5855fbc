"""Intervals and paired differences against published figures, and their properties."""

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.evals.stats import detectable_drop, interval, mean_of, paired, quantile, student, wilson

_SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def test_wilson_agrees_with_newcombe_and_statsmodels(vectors: Path) -> None:
    cases = json.loads((vectors / "stats" / "tests.json").read_text(encoding="utf-8"))["proportion_ci"]
    assert cases
    for case in cases:
        assert wilson(case["k"], case["n"]) == pytest.approx(case["wilson"], abs=1e-12)


def test_wilson_agrees_with_the_figures_in_newcombe_1998() -> None:
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)


def test_the_paired_error_is_that_of_statsmodels(vectors: Path) -> None:
    case = json.loads((vectors / "stats" / "clustered_paired.json").read_text(encoding="utf-8"))
    change = paired(case["b"], case["a"])
    sign = 1 if change.mean * case["mean_diff"] > 0 else -1
    assert sign * change.mean == pytest.approx(case["mean_diff"], abs=1e-12)
    assert change.error == pytest.approx(case["se_paired_iid"], abs=1e-12)


@pytest.mark.parametrize(
    ("freedom", "exact"), [(1, 12.7062), (2, 4.30265), (3, 3.18245), (5, 2.57058), (10, 2.22814), (100, 1.98397)]
)
def test_student(freedom: int, exact: float) -> None:
    assert student(freedom) == pytest.approx(exact, rel=2e-3)


@given(_SCORES)
def test_an_interval_holds_its_mean_and_stays_from_0_to_1(values: list[float]) -> None:
    found = interval(values)
    assert 0 <= found.low <= found.mean <= found.high <= 1
    assert found.mean == pytest.approx(math.fsum(values) / len(values))
    assert found.n == len(values)
    assert interval(values) == found, "deterministic"


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_equal_scores_are_not_certainty(value: float) -> None:
    found = interval([value] * 12)
    assert found.high - found.low > 0.1


def test_few_mixed_scores_are_at_least_as_wide_as_their_spread_says() -> None:
    found = interval([0.0, 0.5, 1.0])
    assert found.low < 0.2
    assert found.high > 0.8


@pytest.mark.parametrize("n", [30, 600])
def test_nineteen_of_twenty_intervals_hold_the_truth(n: int) -> None:
    draw = random.Random(5)
    rounds = 150
    held = 0
    for _ in range(rounds):
        found = interval([draw.choices([0, 1 / 3, 1 / 2, 1], [1, 1, 2, 4])[0] for _ in range(n)])
        held += found.low <= (1 / 3 + 2 / 2 + 4) / 8 <= found.high
    assert 0.88 <= held / rounds <= 1


def test_no_scores_have_no_interval() -> None:
    with pytest.raises(ValueError, match="at least one"):
        interval([])


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=20))
def test_a_paired_difference_turns_round_with_its_sides(pairs: list[tuple[float, float]]) -> None:
    new, old = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    there, back = paired(new, old), paired(old, new)
    assert there.mean == pytest.approx(-back.mean)
    assert there.low <= there.mean <= there.high
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def test_the_smallest_drop_shrinks_with_the_root_of_the_cases() -> None:
    assert detectable_drop(100, 0.5) == pytest.approx(2.8016 * 0.05, abs=1e-4)
    assert detectable_drop(400, 0.5) == pytest.approx(detectable_drop(100, 0.5) / 2)


def test_quantiles_have_the_intervals_of_order_statistics() -> None:
    """Ranks 40 and 61 of 100 for the median: Conover 1999, and every table of binomial intervals."""
    median = quantile([float(n) for n in range(1, 101)], 0.5)
    assert (median.value, median.low, median.high, median.n) == (50.5, 40, 61, 100)
    last = quantile([float(n) for n in range(1, 101)], 0.95)
    assert (last.value, last.low, last.high) == (pytest.approx(95.05), 90, 100)
    assert quantile([3.0, 1.0, 2.0], 0.95).high is None
    assert quantile([3.0, 1.0, 2.0], 0.5).low is None
    assert quantile([2.0], 0.95).value == 2
    with pytest.raises(ValueError, match="at least one"):
        quantile([], 0.5)


def test_intervals_of_quantiles_hold_what_they_promise() -> None:
    draw, held = random.Random(1), 0
    for _ in range(400):
        found = quantile([draw.expovariate(1) for _ in range(120)], 0.95)
        held += (found.low or 0) <= math.log(20) <= (found.high or math.inf)
    assert held / 400 > 0.92


def test_means_of_any_numbers() -> None:
    assert mean_of([2.0]) == (2, 2, 2)
    assert mean_of([1.0, 3.0]) == pytest.approx((2, 2 - 12.7062, 2 + 12.7062), abs=1e-4)
