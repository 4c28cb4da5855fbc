"""The simulated queue, against what is known of queues."""

from math import exp, factorial, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mlwright.architect.simulation import Asked, Lengths, arrivals, burst_of, quantile, simulate, stretches


def erlang_wait(rate: float, seconds: float, slots: int) -> float:
    """The mean wait in a queue with Poisson arrivals and exponential service (Erlang 1917, C formula)."""
    load = rate * seconds
    top = load**slots / factorial(slots) * slots / (slots - load)
    waiting = top / (sum(load**k / factorial(k) for k in range(slots)) + top)
    return waiting * seconds / (slots - load)


@pytest.mark.parametrize(("slots", "load"), [(1, 0.5), (4, 0.7), (12, 0.6)])
def test_it_agrees_with_erlang_where_erlang_holds(slots: int, load: float) -> None:
    random, rate = Random(3), load * slots
    asked = [Asked(at, 0.0, random.expovariate(1.0)) for at in arrivals(random, rate, 1, 60_000)]
    met = simulate(asked, slots, queue=1e9, gateway=0.0)
    waited = sum(met.first) / len(met.first)
    assert waited == pytest.approx(erlang_wait(rate, 1.0, slots), rel=0.12, abs=0.01)
    assert met.utilisation == pytest.approx(load, rel=0.03)
    assert met.refused == 0


def test_who_waits_too_long_is_refused() -> None:
    met = simulate([Asked(0.0, 1.0, 10.0), Asked(0.0, 1.0, 10.0), Asked(8.0, 1.0, 10.0)], 1, queue=5, gateway=0)
    assert met.total == [10.0, 12.0]
    assert met.refused == pytest.approx(1 / 3)


def test_who_is_answered_from_the_cache_needs_no_place() -> None:
    met = simulate([Asked(0.0, 1.0, 10.0), Asked(1.0, 0.1, 0.1, cached=True)], 1, queue=5, gateway=0)
    assert met.total == [10.0, pytest.approx(0.1)]
    assert met.utilisation == pytest.approx(1.0)


@given(some.lists(some.floats(0, 1), max_size=60), some.integers(1, 30))
def test_stretches_leave_nothing_out(values: list[float], length: int) -> None:
    cut = list(stretches(values, length))
    assert [value for part in cut for value in part] == values
    assert cut


def test_our_own_cpu_is_a_queue_of_its_own() -> None:
    met = simulate([Asked(0.0, 0.0, 0.0)] * 100, 50, queue=1e9, gateway=0.01)
    assert met.total[-1] == pytest.approx(1.0)


def test_bursts_make_waits() -> None:
    def p95(burst: float) -> float:
        random = Random(1)
        asked = [Asked(at, 0.5, 2.0) for at in arrivals(random, 3.0, burst, 5000)]
        return quantile(simulate(asked, 12, 1e9, 0.0).total, 0.95)

    assert p95(1) < 3
    assert p95(100) > 2 * p95(1)


@given(some.floats(0.2, 20), some.sampled_from([1.0, 4.0, 30.0]))
def test_arrivals_have_the_rate_and_the_burst_that_were_asked_for(rate: float, burst: float) -> None:
    moments = arrivals(Random(5), rate, burst, 20_000)
    assert moments == sorted(moments)
    assert len(moments) / moments[-1] == pytest.approx(rate, rel=0.2)
    assert burst_of(moments) == pytest.approx(burst, rel=0.35)


def test_lengths_go_through_their_percentiles() -> None:
    random, lengths = Random(2), Lengths(180, 420)
    drawn = sorted(lengths.draw(random) for _ in range(20_000))
    assert quantile(drawn, 0.5) == pytest.approx(180, rel=0.03)
    assert quantile(drawn, 0.95) == pytest.approx(420, rel=0.04)
    assert lengths.mean == pytest.approx(180 * exp((log(420 / 180) / 1.6448536) ** 2 / 2))
    assert sum(drawn) / len(drawn) == pytest.approx(lengths.mean, rel=0.03)
    assert lengths.above(420) == pytest.approx(0.05, abs=1e-6)
    assert lengths.above(300) == pytest.approx(sum(one > 300 for one in drawn) / len(drawn), abs=0.01)
    assert (Lengths(100, 100).above(99), Lengths(100, 100).above(101), Lengths(0, 0).above(1)) == (1, 0, 0)
    assert Lengths(0, 0).draw(random) == 0


def test_nothing_asked_is_nothing_met() -> None:
    met = simulate([], 4, 1.0, 0.0)
    assert (met.refused, met.utilisation, quantile(met.total, 0.95)) == (0, 0, 0)
