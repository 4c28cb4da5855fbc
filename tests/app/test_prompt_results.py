"""Judging shorter prompts: what holds, what is worse, and when an even shorter one need not be paid for."""

from collections.abc import Mapping

from mlwright.app.prompt_results import Candidate, Measured, Result, Shorter, clearly_worse, judged, why

N = 60


def result(tokens: float, lost: int, cost: float | None = 0.001, also: Mapping[str, float] | None = None) -> Result:
    right = {str(number): float(number >= lost) for number in range(N)}
    return Result({"contains": right, "rare": {"1": 1.0}, "abstention": dict(also or right)}, tokens, cost, {}, 0)


def measured(name: str, of: Result) -> Measured:
    return Measured(Candidate(name, 3, 4000, ""), of, None)


def verdicts(found: list[Shorter]) -> dict[str, str]:
    return {one.name: one.verdict for one in found}


def test_every_metric_must_hold_and_one_may_condemn() -> None:
    base = result(1000, 0, 0.002)
    one_lost = {str(number): float(number >= 30) for number in range(N)}
    others = [
        measured("same", result(800, 0)),
        measured("one metric", result(700, 0, also=one_lost)),
        measured("little", result(600, 4)),
        measured("unpriced", result(600, 0, None)),
    ]
    found = judged(base, others, 0.15)
    assert verdicts(found) == {"same": "holds", "one metric": "worse", "little": "unsure", "unpriced": "holds"}
    assert [effect.metric for effect in found[0].effects] == ["contains", "abstention"], "one example says nothing"
    assert (found[0].saved, found[0].saved_usd, found[3].saved_usd) == (200, 1.0, None)
    assert found[0].p < found[2].p < 1.0


def test_many_candidates_need_more() -> None:
    base = result(1000, 0)
    alone = judged(base, [measured("a", result(900, 0))], 0.08)
    among = judged(base, [measured(f"a{number}", result(900, 0)) for number in range(12)], 0.08)
    assert (verdicts(alone), set(verdicts(among).values())) == ({"a": "holds"}, {"unsure"})
    assert "too small to tell" in why(among, None, 0.08, N, 0.12, 90)


def test_a_chain_ends_where_it_is_clearly_worse() -> None:
    base = result(1000, 0)
    assert not clearly_worse(base, result(500, 3), 0.1)
    assert clearly_worse(base, result(500, 30), 0.1)
