"""What gates and canaries can see, against simulation and by hand."""

from random import Random

import pytest

from mlwright.architect import plan, power
from mlwright.blueprint import from_text
from mlwright.kernel.units import Bound
from mlwright.serving import Tally, verdict

BLUEPRINT = """\
system: {name: a}
data: {sources: {docs: {use: files, path: docs}}}
rag: {docs: {documents: docs}}
evals:
  sets: {golden: {path: golden.jsonl, min_cases: %d}}
  gates: {quality: {set: golden, max_regression: 5%%, require: {mrr: ">= 0.5"}}}
serving:
  endpoints:
    answer:
      handler: rag.docs
      traffic: {requests: 2000/day, repeats: 20%%}
      cache: {%s}
      rollout: {steps: [5%%, 50%%, 100%%], gate: quality, abort_if: {error_rate: "> 2%%"}}
"""


@pytest.mark.parametrize(("cases", "sees"), [(40, False), (157, True)])
def test_a_gate_sees_what_its_cases_show(cases: int, sees: bool) -> None:
    (gate,) = plan(from_text(BLUEPRINT % (cases, ""))).gates
    assert gate.sees is sees
    assert gate.promised
    assert gate.needed == 157
    assert gate.smallest == pytest.approx(2.8016 * 0.05**0.5 / cases**0.5, rel=0.001)


def test_a_set_that_is_there_counts() -> None:
    (gate,) = plan(from_text(BLUEPRINT % (0, ""))).gates
    assert gate.smallest is None
    assert not gate.sees


def test_the_probability_is_that_of_the_rule_itself() -> None:
    """A canary that fails 6 % of 400 requests, judged once at the end, as the binomial distribution has it."""
    limit, random = Bound(">", 0.02), Random(1)
    rounds = [sum(random.random() < 0.06 for _ in range(400)) for _ in range(3000)]
    simulated = sum(bool(verdict(Tally(400, failed), limit)) for failed in rounds) / len(rounds)
    assert power.rolled_back(limit, 400) == pytest.approx(simulated, abs=0.03)
    assert power.rolled_back(limit, 5) == 0


def test_the_needed_requests_are_enough_and_not_far_too_many() -> None:
    limit = Bound(">", 0.02)
    needed = power.requests_needed(limit)
    assert power.rolled_back(limit, needed) >= 0.8
    assert power.rolled_back(limit, needed * 3 // 4) < 0.8


def test_steps_see_what_the_cache_leaves() -> None:
    first, second = plan(from_text(BLUEPRINT % (1, ""))).steps
    cached, _ = plan(from_text(BLUEPRINT % (1, "exact: 1h"))).steps
    assert (first.a_day, cached.a_day) == (pytest.approx(100), pytest.approx(80))
    assert first.within_a_day < 0.8 < second.within_a_day
    assert first.days is not None
    assert first.days > 1
    assert (first.sees, second.sees) == (False, True)
