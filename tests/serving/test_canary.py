"""The claims of canary.py, by simulation with fixed seeds."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel.units import Bound
from mlwright.serving.canary import Tally, verdict, wilson

BOUND = Bound(">", 0.02)


def aborted_after(rate: float, requests: int, rng: random.Random) -> int | None:
    tally = Tally()
    for number in range(1, requests + 1):
        failed = rng.random() < rate
        tally.count(failed=failed)
        if failed and verdict(tally, BOUND):
            return number
    return None


def share_aborted(rate: float, *, rollouts: int, requests: int, seed: int = 7) -> float:
    rng = random.Random(seed)
    return sum(aborted_after(rate, requests, rng) is not None for _ in range(rollouts)) / rollouts


def test_a_canary_exactly_at_its_bound_is_sent_away_in_less_than_one_of_twenty_rollouts() -> None:
    assert share_aborted(0.02, rollouts=1000, requests=2000) <= 0.05


def test_a_canary_as_good_as_half_the_bound_stays() -> None:
    assert share_aborted(0.01, rollouts=1000, requests=2000) <= 0.005


@pytest.mark.parametrize(("rate", "requests"), [(0.10, 400), (0.30, 80)])
def test_a_bad_canary_goes_soon(rate: float, requests: int) -> None:
    assert share_aborted(rate, rollouts=300, requests=requests) >= 0.95


def test_nineteen_requests_say_nothing() -> None:
    assert not verdict(Tally(19, 19), BOUND)
    assert "error rate 20/20 = 100.0%" in verdict(Tally(20, 20), BOUND)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 5))
def test_the_interval_holds_the_share_and_narrows_with_confidence(counts: tuple[int, int], z: float) -> None:
    failed, requests = counts
    low, high = wilson(failed, requests, z)
    assert 0 <= low <= failed / requests + 1e-12 and failed / requests - 1e-12 <= high <= 1
    assert wilson(failed, requests, z + 1)[0] <= low + 1e-12


def test_wilson_gives_the_published_numbers() -> None:
    low, high = wilson(81, 263, 1.959964)  # Newcombe 1998, table I: 0.2553 to 0.3662
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
