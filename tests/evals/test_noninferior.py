"""Non-inferiority: about the exact bound, honest about small sets, and right as often as it says."""

import random
from math import comb

import pytest

from mlwright.evals import examples_needed, non_inferior, provable_margin


def scores(values: list[float]) -> dict[str, float]:
    return {str(number): value for number, value in enumerate(values)}


def lost_of(lost: int, n: int) -> tuple[dict[str, float], dict[str, float]]:
    return scores([1.0] * n), scores([0.0] * lost + [1.0] * (n - lost))


@pytest.mark.parametrize(("lost", "n"), [(0, 50), (0, 400), (1, 100), (3, 200), (10, 300)])
def test_the_bound_is_about_the_exact_one(lost: int, n: int) -> None:
    """Clopper and Pearson: the loss at which so few are lost in 5 % of all sets."""
    found = non_inferior(*lost_of(lost, n), 0.02)
    assert found is not None
    assert (found.mean, found.n) == (-lost / n, n)
    loss = -found.low
    at_most = sum(comb(n, k) * loss**k * (1 - loss) ** (n - k) for k in range(lost + 1))
    assert 0.03 < at_most < (0.05 if lost < 5 else 0.053)


def test_what_does_not_change_proves_as_much_as_the_set_is_large() -> None:
    for margin, tests in ((0.02, 1), (0.05, 9), (0.2, 4)):
        needed = examples_needed(margin, tests)
        assert provable_margin(needed, tests) <= margin < provable_margin(needed - 1, tests)
        enough, short = (non_inferior(*lost_of(0, n), margin) for n in (needed, needed - 1))
        assert enough is not None and short is not None
        assert enough.p <= 0.05 / tests < short.p
    assert 149 < examples_needed(0.02) < 165
    assert provable_margin(1) == 1.0


def test_a_mean_beyond_the_margin_is_never_non_inferior() -> None:
    found = non_inferior(*lost_of(10, 20), 0.2)
    assert found is not None and found.p == 1.0
    better = non_inferior(scores([0.2] * 50), scores([0.9] * 50), 0.1)
    assert better is not None and better.p < 0.001
    assert non_inferior({"a": 1.0}, {"b": 1.0}, 0.1) is None


@pytest.mark.parametrize("gained", [0.0, 0.1])
def test_a_loss_of_the_margin_is_taken_for_less_in_one_set_of_twenty(gained: float) -> None:
    draw, margin, n, wrong, sets = random.Random(7), 0.1, 120, 0, 600
    for _ in range(sets):
        changed = draw.choices([-1.0, 1.0, 0.0], [margin + gained, gained, 1 - margin - 2 * gained], k=n)
        found = non_inferior(scores([1.0] * n), scores([1.0 + one for one in changed]), margin)
        wrong += found is not None and found.p < 0.05
    assert wrong / sets <= 0.06
