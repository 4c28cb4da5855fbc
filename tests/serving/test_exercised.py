"""What an endpoint has shown that it can do."""

import asyncio
from contextlib import suppress

from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import ProviderError
from mlwright.testing.handlers import ScriptedHandlers
from serving.conftest import NEW, OLD, House, done_of

STEPS = {"steps": ["50%", "100%"]}


def test_a_fresh_endpoint_has_shown_nothing(house: House) -> None:
    seen = house.serving(rollout=STEPS).exercised("answer")
    assert seen.stable is not None and seen.stable.ref == OLD
    assert (seen.stables, seen.canaries, seen.promoted, seen.rollbacks, seen.aborts) == (1, 0, 0, 0, 0)
    assert (seen.requests, seen.fallbacks, seen.last_rollback) == (0, 0, None)


def test_nothing_is_deployed_yet(house: House) -> None:
    assert house.serving().exercised("other").stable is None


def test_canaries_promotions_and_ways_back_are_counted(house: House, clock: ManualClock) -> None:
    serving = house.serving(rollout=STEPS)
    serving.deploy("answer", NEW)
    serving.rollback("answer", "not now")
    serving.deploy("answer", NEW)
    serving.promote("answer")
    seen = serving.exercised("answer")
    assert seen.stable is not None and seen.stable.ref == NEW
    assert (seen.stables, seen.canaries, seen.promoted, seen.rollbacks, seen.aborts) == (2, 1, 1, 1, 0)
    assert seen.last_rollback == clock.now()


def test_a_canary_that_went_by_itself_is_an_abort(house: House, handlers: ScriptedHandlers) -> None:
    serving = house.serving(
        rollout={"steps": ["99.9%", "100%"], "abort_if": {"error_rate": "> 5%"}}, limits={"retries": 0}
    )
    serving.deploy("answer", NEW)
    handlers.fails = lambda release, request: ProviderError("no") if release == NEW else None

    async def ask() -> None:
        for number in range(40):
            with suppress(ProviderError):
                await done_of(serving, f"question {number}", user=f"user {number}")

    asyncio.run(ask())
    seen = serving.exercised("answer")
    assert (seen.rollbacks, seen.aborts) == (1, 1)


def test_answers_that_a_fallback_saved_are_counted(house: House, handlers: ScriptedHandlers) -> None:
    serving = house.serving(fallback=["rule.top_passages"])

    async def ask() -> None:
        await done_of(serving, "fine")
        handlers.failures.append(ProviderError("no"))
        await done_of(serving, "saved")

    asyncio.run(ask())
    seen = serving.exercised("answer")
    assert (seen.requests, seen.fallbacks) == (2, 1)
