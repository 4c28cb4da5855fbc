import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel.errors import Refused
from mlwright.serving.breaker import Breaker
from mlwright.serving.limits import RateLimit


class Now:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@given(st.lists(st.floats(0, 30), max_size=200), st.sampled_from([1 / 60, 0.5, 2.0, 20.0]))
def test_never_more_than_a_minutes_worth_and_the_rate(pauses: list[float], rate: float) -> None:
    now = Now()
    limit, taken, began = RateLimit(rate, now=now), 0, now.time
    for pause in pauses:
        now.time += pause
        try:
            limit.take("ann")
        except Refused as refused:
            now.time += refused.retry_after or 0
            limit.take("ann")
        taken += 1
    assert taken <= max(60 * rate, 1) + (now.time - began) * rate + 1e-6


def test_waiting_as_told_is_enough_and_callers_are_apart() -> None:
    now = Now()
    limit = RateLimit(1.0, now=now)
    for _ in range(60):
        limit.take("ann")
    with pytest.raises(Refused) as refused:
        limit.take("ann")
    limit.take("bob")
    now.time += refused.value.retry_after or 0
    limit.take("ann")


def test_memory_is_bounded() -> None:
    limit = RateLimit(1.0, now=Now())
    for number in range(20_000):
        limit.take(str(number))
    assert len(limit._full_at) == 10_000


def test_a_breaker_opens_rests_probes_and_closes() -> None:
    now = Now()
    breaker = Breaker(now=now)
    for _ in range(4):
        breaker.failed()
    assert breaker.admit()
    breaker.failed()
    assert not breaker.admit() and breaker.wait() == 10
    now.time += 10
    assert breaker.admit() and not breaker.admit()
    breaker.failed(retry_after=60)
    now.time += 59
    assert not breaker.admit()
    now.time += 1
    assert breaker.admit()
    breaker.succeeded()
    assert breaker.admit() and not breaker.open


def test_a_breaker_stays_closed_below_half_and_forgets_lost_probes() -> None:
    now = Now()
    breaker = Breaker(now=now)
    for number in range(40):
        breaker.succeeded() if number % 5 < 3 else breaker.failed()
    assert not breaker.open
    for _ in range(20):
        breaker.failed()
    now.time += 10
    assert breaker.admit()  # its client leaves and nobody reports
    now.time += 10
    assert breaker.admit()
