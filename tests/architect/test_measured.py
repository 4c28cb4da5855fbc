"""Statistics of recorded requests, by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from mlwright.architect import Measured, Served, measure

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def served(second: float, outcome: str = "ok", question: str = "", **more: float | None) -> Served:
    fields: dict[str, float | None] = {
        "seconds": 2.0, "first_token": 0.5, "cost": 0.001, "prompt": 1000, "answer": 100, "search": 0.1, "begin": 0.4,
        "write": 1.5,
    } | more  # fmt: skip
    return Served(START + timedelta(seconds=second), outcome, question=question or f"question {second}", **fields)  # type: ignore[arg-type]


def measured(*rows: Served, minutes: float = 60) -> Measured:
    return measure("answer", rows, START, START + timedelta(minutes=minutes))


def test_shares_and_rates() -> None:
    found = measured(
        served(0), served(10, question="same"), served(20, "cached", question="same", cost=0.0, seconds=0.01),
        served(30, question="same "), served(40, "fallback"), served(50, "error", cost=None, answer=None),
        served(60, "refused", cost=None, answer=None), served(70, "cancelled", cost=None, answer=None),
    )  # fmt: skip
    assert (found.requests, found.answered, found.asked) == (8, 5, 4)
    assert found.rate == pytest.approx(8 / 3600)
    assert (found.cached, found.repeats) == (1 / 5, 2 / 8)
    assert found.fallbacks == 1 / 5
    assert (found.failed, found.refused) == (1 / 8, 1 / 8)
    assert found.cost == pytest.approx(4 * 0.001 / 5)


def test_no_price_is_no_cost() -> None:
    found = measured(served(0), served(1, cost=None))
    assert found.cost is None
    assert found.unpriced == 1


def test_a_failure_that_cost_something_counts() -> None:
    assert measured(served(0), served(1, "error", cost=0.003, answer=None)).cost == pytest.approx(0.004)


def test_tokens_are_those_of_answers_that_were_written() -> None:
    found = measured(*(served(at, answer=at) for at in range(100)), served(200, "cached", answer=5000))
    assert found.answer is not None
    assert found.answer.mean == pytest.approx(49.5)
    assert (found.answer.p50, found.answer.p95) == (50, 95)
    assert found.prompt == 1000


def test_the_speed_of_a_model_leaves_rescued_requests_out() -> None:
    found = measured(served(0), served(1, "fallback", begin=9.0, write=90.0))
    assert found.begin == 0.4
    assert found.per_token == pytest.approx(1.5 / 100)


def test_the_busiest_minute() -> None:
    rows = [served(at) for at in range(0, 3600, 60)] + [served(1800 + at / 2, seconds=7.0) for at in range(60)]
    found = measured(*sorted(rows, key=lambda one: one.at))
    assert found.peak == pytest.approx(61 / 2)
    assert found.busiest_p95 == 7.0
    assert found.p50 == 7.0
    assert measured(*rows[:10]).busiest_p95 is None, "ten answers in ten minutes have no such percentile"


def test_bursts_are_those_of_the_busiest_hour() -> None:
    night = [served(at * 600.0) for at in range(6)]
    day = [served(7200 + at * 10.0) for at in range(360)]
    assert measured(*night, *day, minutes=240).burst == pytest.approx(0, abs=0.01)
    batches = [served(at // 50 * 600 + at % 50 * 0.01) for at in range(300)]
    assert measured(*batches).burst > 20


def test_nothing_is_nothing() -> None:
    found = measured()
    assert (found.requests, found.p95, found.cost, found.answer, found.peak) == (0, None, None, None, 1.0)
    assert not found.enough


@pytest.mark.parametrize(("count", "minutes", "enough"), [(200, 30, True), (199, 30, False), (900, 29, False)])
def test_what_is_enough(count: int, minutes: float, enough: bool) -> None:
    assert measured(*(served(at) for at in range(count)), minutes=minutes).enough is enough
