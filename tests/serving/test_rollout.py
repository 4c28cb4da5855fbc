import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel.errors import Conflict, NotFound, ProviderError, Refused
from mlwright.kernel.ids import Ref
from mlwright.serving.sticky import Tickets
from mlwright.serving.types import Traffic
from mlwright.testing.handlers import ScriptedHandlers
from serving.conftest import NEW, OLD, House, done_of

STEPS = {"steps": ["10%", "50%", "100%"], "gate": "quality"}


def test_the_first_release_gets_everything_and_a_later_one_the_first_step(house: House) -> None:
    serving = house.serving(rollout=STEPS)
    assert (serving.traffic("answer").stable, serving.traffic("answer").canary) == (OLD, None)
    now = serving.deploy("answer", NEW, "better prompt")
    assert (now.stable, now.canary, now.share, now.why) == (OLD, NEW, 0.1, "better prompt")
    assert serving.deploy("answer", NEW) == now


def test_promotion_goes_step_by_step_until_the_canary_is_stable(house: House) -> None:
    serving = house.serving(rollout=STEPS)
    serving.deploy("answer", NEW)
    assert serving.promote("answer").share == 0.5
    last = serving.promote("answer", "done")
    assert (last.stable, last.canary) == (NEW, None)
    assert serving.history("answer")[0].why == "done"
    assert len(serving.history("answer")) == 4
    with pytest.raises(Conflict, match="no canary"):
        serving.promote("answer")


def test_the_gate_decides_and_is_asked_for_the_canary(house: House) -> None:
    asked: list[tuple[str, Ref]] = []

    def gate(name: str, release: Ref) -> None:
        asked.append((name, release))
        raise Refused("gate quality failed: recall@5 0.4 < 0.8", hint="mlwright eval")

    serving = house.serving(gate, rollout=STEPS)
    serving.deploy("answer", NEW)
    with pytest.raises(Refused, match="recall@5"):
        serving.promote("answer")
    assert asked == [("quality", NEW)] and serving.traffic("answer").share == 0.1


def test_a_rollout_without_steps_asks_the_gate_before_it_switches(house: House) -> None:
    def gate(name: str, release: Ref) -> None:
        raise Refused("no")

    serving = house.serving(gate, rollout={"steps": ["100%"], "gate": "quality"})
    with pytest.raises(Refused):
        serving.deploy("answer", NEW)
    assert serving.traffic("answer").stable == OLD


def test_rollback_takes_the_canary_away_and_then_goes_back_release_by_release(house: House) -> None:
    serving = house.serving(rollout={"steps": ["50%", "100%"]})
    newest = serving.add_release(Ref("release", "newest"), blueprint_json="{}").ref
    for release in (NEW, newest):
        serving.deploy("answer", release)
        serving.promote("answer")
    serving.deploy("answer", OLD)
    assert serving.rollback("answer").canary is None
    assert serving.rollback("answer").stable == NEW
    assert serving.rollback("answer", "all the way").stable == OLD
    with pytest.raises(Conflict, match="no earlier release"):
        serving.rollback("answer")


def test_unknown_endpoints_and_releases_are_named(house: House) -> None:
    serving = house.serving()
    with pytest.raises(NotFound, match=r"serving\.endpoints of the blueprint: answer"):
        serving.deploy("other", OLD)
    with pytest.raises(NotFound, match="release:none"):
        serving.deploy("answer", Ref("release", "none"))


def test_of_two_processes_that_promote_the_same_state_one_is_a_conflict(house: House) -> None:
    meet = threading.Barrier(2, timeout=20)

    def gate(name: str, release: Ref) -> None:
        meet.wait()

    houses = [house.serving(gate, rollout=STEPS) for _ in range(2)]
    houses[0].deploy("answer", NEW)
    ended: list[object] = []

    def promote(number: int) -> None:
        try:
            ended.append(houses[number].promote("answer"))
        except Conflict as error:
            ended.append(error)

    threads = [threading.Thread(target=promote, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in ended) == ["Conflict", "Traffic"]
    assert houses[0].traffic("answer").share == 0.5


def test_another_process_sees_the_change(house: House) -> None:
    here, there = (house.serving(rollout={"steps": ["100%"]}) for _ in range(2))

    async def ask() -> None:
        assert (await done_of(there))["release"] == str(OLD)
        here.deploy("answer", NEW)
        for _ in range(100):
            if (await done_of(there))["release"] == str(NEW):
                return
            await asyncio.sleep(0.05)
        pytest.fail("the change was never seen")

    asyncio.run(ask())


def test_users_keep_their_release_and_shares_are_kept(house: House) -> None:
    serving = house.serving(rollout={"steps": ["30%", "100%"]})
    serving.deploy("answer", NEW)

    async def ask() -> dict[str, set[object]]:
        met: dict[str, set[object]] = {}
        for number in range(600):
            user = f"user {number % 300}"
            met.setdefault(user, set()).add((await done_of(serving, user=user))["release"])
        return met

    met = asyncio.run(ask())
    assert all(len(releases) == 1 for releases in met.values())
    assert 55 <= sum(str(NEW) in releases for releases in met.values()) <= 125  # 90 expected, 4.4 standard deviations


@given(st.text(min_size=1, max_size=20), st.floats(0, 1), st.floats(0, 1))
def test_a_growing_share_only_adds_users(user: str, one: float, other: float) -> None:
    from datetime import UTC, datetime

    low, high = sorted((one, other))
    ticket = Tickets("ab" * 32).ticket(user.encode("utf-8", "replace").decode(), NEW)
    picks = [Traffic("answer", OLD, NEW, share, "", datetime.now(UTC)).pick(ticket) for share in (low, high)]
    assert 0 <= ticket < 1
    assert picks != [NEW, OLD]


def test_tickets_are_even_and_differ_between_canaries() -> None:
    tickets = Tickets("ab" * 32)
    drawn = [tickets.ticket(f"user {number}", NEW) for number in range(2000)]
    assert abs(sum(drawn) / 2000 - 0.5) < 0.03
    assert drawn[0] != tickets.ticket("user 0", OLD)
    assert tickets.ticket("", NEW) != tickets.ticket("", NEW)


def test_a_bad_canary_is_rolled_back_by_itself_and_the_reason_is_kept(house: House, handlers: ScriptedHandlers) -> None:
    handlers.fails = lambda release, request: ProviderError("broken") if release == NEW else None
    serving = house.serving(
        rollout={"steps": ["50%", "100%"], "abort_if": {"error_rate": "> 5%"}}, limits={"retries": 0}
    )
    serving.deploy("answer", NEW)

    async def ask() -> int:
        for number in range(400):
            await asyncio.gather(done_of(serving, f"q{number}"), return_exceptions=True)
            if serving.traffic("answer").canary is None:
                return number
        return 400

    assert asyncio.run(ask()) < 400
    newest = serving.history("answer")[0]
    assert newest.stable == OLD and "rolled back by itself: error rate" in newest.why
    failed = [log for log in serving.requests(1000) if log.release == NEW]
    assert 20 <= len(failed) <= 25


def test_a_canary_that_only_answers_through_its_fallback_goes_too(house: House, handlers: ScriptedHandlers) -> None:
    handlers.fails = lambda release, request: ProviderError("broken") if release == NEW and not request.model else None
    serving = house.serving(
        rollout={"steps": ["50%", "100%"], "abort_if": {"error_rate": "> 5%"}},
        limits={"retries": 0},
        fallback=["backup"],
    )
    serving.deploy("answer", NEW)

    async def ask() -> None:
        for number in range(300):
            await done_of(serving, f"q{number}")

    asyncio.run(ask())
    assert serving.traffic("answer").canary is None


def test_a_restart_does_not_forget_what_the_canary_did(house: House, handlers: ScriptedHandlers) -> None:
    handlers.fails = lambda release, request: ProviderError("broken") if release == NEW else None
    settings = {"rollout": {"steps": ["50%", "100%"], "abort_if": {"error_rate": "> 5%"}}, "limits": {"retries": 0}}
    house.serving(**settings).deploy("answer", NEW)

    async def ask() -> int:
        for number in range(400):
            serving = house.serving(**settings)
            await asyncio.gather(done_of(serving, f"q{number}"), return_exceptions=True)
            house.kernel.store.flush()
            if serving.traffic("answer").canary is None:
                return number
        return 400

    assert asyncio.run(ask()) < 400
