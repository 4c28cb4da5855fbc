import asyncio
from contextlib import aclosing

import pytest

from mlwright.kernel.errors import NotFound, ProviderError, Refused, TransientError
from mlwright.serving import Request
from mlwright.testing.handlers import ScriptedHandlers
from serving.conftest import OLD, House, done_of, events_of


def test_an_answer_comes_in_tokens_and_ends_with_done(house: House) -> None:
    events = asyncio.run(events_of(house.serving()))
    assert [event.type for event in events] == ["token", "token", "done"]
    assert events[-1].data["text"] == "old: why?"


def test_each_request_is_logged_with_its_release_and_answer_and_no_name(house: House) -> None:
    serving = house.serving()
    done = asyncio.run(done_of(serving, user="ann"))
    (log,) = serving.requests()
    assert (log.outcome, log.release, str(log.answer), log.cost) == ("ok", OLD, done["answer"], 0.001)
    assert log.user_hash and "ann" not in log.user_hash
    assert log.first_token is not None and log.first_token <= log.seconds


def test_an_unknown_endpoint_names_the_known_ones(house: House) -> None:
    async def ask() -> None:
        async for _ in house.serving().call("nope", Request("x")):
            pass

    with pytest.raises(NotFound, match="this system serves: answer"):
        asyncio.run(ask())


def test_a_long_question_is_refused_before_any_work(house: House, handlers: ScriptedHandlers) -> None:
    serving = house.serving(limits={"input": 5})
    with pytest.raises(Refused, match="takes 5 characters"):
        asyncio.run(done_of(serving, "123456"))
    assert not handlers.asked and not serving.requests()
    assert serving.meters.requests["answer", "refused"] == 1


def test_a_caller_over_the_rate_is_told_when_to_come_back(house: House) -> None:
    serving = house.serving(limits={"rate": "2/min"})

    async def ask() -> None:
        for _ in range(2):
            await done_of(serving, key="ann")
        await done_of(serving, key="bob")
        with pytest.raises(Refused, match="too many requests") as refused:
            await done_of(serving, key="ann")
        assert 0 < (refused.value.retry_after or 0) <= 30
        for _ in range(5):
            await done_of(serving)

    asyncio.run(ask())


def test_only_so_many_are_answered_at_once_and_the_rest_wait(house: House, handlers: ScriptedHandlers) -> None:
    handlers.seconds = 0.01
    serving = house.serving(limits={"concurrency": 3})

    async def ask() -> None:
        await asyncio.gather(*(done_of(serving, f"q{number}") for number in range(12)))

    asyncio.run(ask())
    assert len(handlers.asked) == 12 and handlers.most_running == 3


def test_who_cannot_be_served_in_time_is_refused(house: House, handlers: ScriptedHandlers) -> None:
    handlers.seconds = 5
    serving = house.serving(limits={"concurrency": 1, "queue": "20ms"})

    async def ask() -> None:
        first = asyncio.ensure_future(done_of(serving))
        await asyncio.sleep(0)
        with pytest.raises(Refused, match="busy") as refused:
            await done_of(serving)
        assert refused.value.retry_after
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

    asyncio.run(ask())
    assert sorted(log.outcome for log in serving.requests()) == ["cancelled", "refused"]


def test_a_client_that_leaves_frees_its_place(house: House, handlers: ScriptedHandlers) -> None:
    serving = house.serving(limits={"concurrency": 1, "queue": "5s"})

    async def ask() -> None:
        for _ in range(3):
            async with aclosing(serving.call("answer", Request("x"))) as events:  # type: ignore[type-var]
                await anext(events)
        handlers.seconds = 30
        waiting = asyncio.ensure_future(done_of(serving))
        while handlers.running == 0:
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        handlers.seconds = 0
        assert (await done_of(serving))["text"] == "old: why?"

    asyncio.run(ask())
    assert handlers.running == 0 and handlers.cancelled == 4
    assert serving.meters.in_flight["answer"] == 0
    assert [log.outcome for log in serving.requests()].count("cancelled") == 4


def test_a_transient_failure_is_tried_again(house: House, handlers: ScriptedHandlers) -> None:
    handlers.failures = [TransientError("503"), TransientError("503", retry_after=0.01)]
    assert asyncio.run(done_of(house.serving(limits={"retries": 2})))["text"] == "old: why?"
    assert len(handlers.asked) == 3


def test_a_permanent_failure_is_not_tried_again(house: House, handlers: ScriptedHandlers) -> None:
    handlers.failures = [ProviderError("bad request")]
    serving = house.serving(limits={"retries": 3})
    with pytest.raises(ProviderError, match="bad request"):
        asyncio.run(done_of(serving))
    assert len(handlers.asked) == 1
    assert [(log.outcome, log.error) for log in serving.requests()] == [("error", "bad request")]


def test_nothing_is_tried_again_once_the_answer_has_begun(house: House, handlers: ScriptedHandlers) -> None:
    handlers.failures, handlers.halfway = [TransientError("cut")], True
    serving = house.serving(limits={"retries": 3}, fallback=["backup"])
    with pytest.raises(TransientError, match="cut"):
        asyncio.run(done_of(serving))
    assert len(handlers.asked) == 1
    assert [log.outcome for log in serving.requests()] == ["error"]


def test_a_model_that_takes_too_long_is_given_up(house: House, handlers: ScriptedHandlers) -> None:
    handlers.seconds = 30
    serving = house.serving(limits={"timeout": "20ms", "retries": 0})
    with pytest.raises(TransientError, match=r"took longer than 0\.02 s"):
        asyncio.run(done_of(serving))
    assert handlers.cancelled == 1


def test_fallbacks_answer_in_order_and_say_so(house: House, handlers: ScriptedHandlers) -> None:
    handlers.fails = lambda _, request: ProviderError("down") if request.model != "second" else None
    serving = house.serving(limits={"retries": 0}, fallback=["first", "second"])
    done = asyncio.run(done_of(serving))
    assert (done["fallback"], done["text"]) == ("second", "second: why?")
    assert [request.model for _, request in handlers.asked] == ["", "first", "second"]
    assert [log.outcome for log in serving.requests()] == ["fallback"]


def test_the_last_fallback_quotes_passages_without_a_model(house: House, handlers: ScriptedHandlers) -> None:
    handlers.fails = lambda _, request: TransientError("down")
    serving = house.serving(limits={"retries": 0}, fallback=["backup", "rule.top_passages"])
    assert asyncio.run(done_of(serving))["text"] == "passages"


def test_a_model_that_keeps_failing_is_left_alone(house: House, handlers: ScriptedHandlers) -> None:
    handlers.fails = lambda _, request: None if request.model else TransientError("down")
    serving = house.serving(limits={"retries": 0}, fallback=["backup"])

    async def ask() -> None:
        for number in range(20):
            assert (await done_of(serving, f"q{number}"))["fallback"] == "backup"

    asyncio.run(ask())
    assert sum(not request.model for _, request in handlers.asked) == 5


def test_a_handler_that_ends_without_an_answer_is_a_defect(house: House) -> None:
    class Mute(ScriptedHandlers):
        async def _answer(self, release, request):  # type: ignore[no-untyped-def, override]
            return
            yield

    house.handlers = Mute()
    with pytest.raises(ProviderError, match="without an answer"):
        asyncio.run(done_of(house.serving(limits={"retries": 0})))


def test_an_unexpected_error_is_logged_by_its_class_and_goes_on(house: House, handlers: ScriptedHandlers) -> None:
    handlers.failures = [KeyError("secret")]
    serving = house.serving()
    with pytest.raises(KeyError):
        asyncio.run(done_of(serving))
    assert [(log.outcome, log.error) for log in serving.requests()] == [("error", "KeyError")]


def test_a_request_costs_what_its_failed_tries_cost_too(house: House, handlers: ScriptedHandlers) -> None:
    lost, unpriced = TransientError("cut"), TransientError("cut")
    lost.cost, unpriced.cost = 0.25, None
    handlers.failures = [lost, lost]
    done = asyncio.run(done_of(house.serving(limits={"retries": 2})))
    assert done["cost"] == 0.501
    assert done["failed"] == [{"model": "", "error": "cut", "cost": 0.25}] * 2
    handlers.failures = [unpriced]
    assert asyncio.run(done_of(house.serving(limits={"retries": 1})))["cost"] is None
    handlers.failures, serving = [lost], house.serving(limits={"retries": 0})
    with pytest.raises(TransientError):
        asyncio.run(done_of(serving))
    assert [log.cost for log in serving.requests(1)] == [0.25]
