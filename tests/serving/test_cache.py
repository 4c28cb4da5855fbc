import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import TransientError
from mlwright.serving import Request
from mlwright.serving.cache import cache_key
from mlwright.testing.handlers import ScriptedHandlers
from serving.conftest import House, done_of, events_of


def test_the_same_question_is_answered_once(house: House, handlers: ScriptedHandlers) -> None:
    serving = house.serving(cache={"exact": "1h"})

    async def ask() -> None:
        first, again = await events_of(serving, "why?"), await events_of(serving, "  why? ", user="ann")
        assert [event.type for event in again] == ["token", "done"]
        assert again[0].data["text"] == first[-1].data["text"]
        assert again[-1].data == {**first[-1].data, "cached": True}

    asyncio.run(ask())
    assert len(handlers.asked) == 1
    assert [(log.outcome, log.cost) for log in serving.requests()] == [("cached", 0.0), ("ok", 0.001)]


def test_it_outlives_the_process(house: House, handlers: ScriptedHandlers) -> None:
    asyncio.run(done_of(house.serving(cache={"exact": "1h"})))
    house.kernel.store.flush()
    assert asyncio.run(done_of(house.serving(cache={"exact": "1h"})))["cached"]


def test_a_new_index_is_a_new_answer(house: House, handlers: ScriptedHandlers) -> None:
    serving = house.serving(cache={"exact": "1h"})
    asyncio.run(done_of(serving))
    handlers.version = "2"
    assert "cached" not in asyncio.run(done_of(serving))


def test_it_expires(house: House, handlers: ScriptedHandlers, clock: ManualClock) -> None:
    serving = house.serving(cache={"exact": "1h"})
    asyncio.run(done_of(serving))
    clock.advance(timedelta(minutes=59))
    assert asyncio.run(done_of(serving))["cached"]
    clock.advance(timedelta(minutes=2))
    assert "cached" not in asyncio.run(done_of(serving))


def test_fifty_cold_calls_at_once_ask_the_model_once(house: House, handlers: ScriptedHandlers) -> None:
    handlers.seconds = 0.05
    serving = house.serving(cache={"exact": "1h"})

    async def ask() -> list[dict[str, object]]:
        return await asyncio.gather(*(done_of(serving) for _ in range(50)))

    done = asyncio.run(ask())
    assert len(handlers.asked) == 1
    assert sum("cached" not in one for one in done) == 1


def test_a_leader_that_fails_poisons_nobody(house: House, handlers: ScriptedHandlers) -> None:
    handlers.seconds, handlers.failures = 0.02, [TransientError("down")]
    serving = house.serving(cache={"exact": "1h"}, limits={"retries": 0})

    async def ask() -> list[object]:
        return list(await asyncio.gather(*(done_of(serving) for _ in range(10)), return_exceptions=True))

    ended = asyncio.run(ask())
    assert sum(isinstance(one, TransientError) for one in ended) == 1
    assert sum(isinstance(one, dict) for one in ended) == 9


def test_when_the_leader_leaves_another_one_leads(house: House, handlers: ScriptedHandlers) -> None:
    handlers.seconds = 0.05
    serving = house.serving(cache={"exact": "1h"})

    async def ask() -> list[object]:
        leader = asyncio.ensure_future(done_of(serving))
        await asyncio.sleep(0)
        rest = [asyncio.ensure_future(done_of(serving)) for _ in range(5)]
        await asyncio.sleep(0.01)
        leader.cancel()
        return list(await asyncio.gather(*rest))

    ended = asyncio.run(ask())
    assert len(handlers.asked) == 2 and len(ended) == 5


def test_what_a_fallback_said_is_not_kept(house: House, handlers: ScriptedHandlers) -> None:
    handlers.fails = lambda _, request: None if request.model else TransientError("down")
    serving = house.serving(cache={"exact": "1h"}, limits={"retries": 0}, fallback=["backup"])
    assert asyncio.run(done_of(serving))["fallback"] == "backup"
    handlers.fails = lambda _, request: None
    done = asyncio.run(done_of(serving))
    assert "fallback" not in done and "cached" not in done


@pytest.mark.parametrize("change", ["question", "filter", "endpoint", "version"])
def test_everything_that_changes_the_answer_changes_the_key(change: str) -> None:
    def key(question: str = "q", where: str = "a", endpoint: str = "e", version: str = "1") -> str:
        return cache_key(endpoint, Request(question, filter={"lang": where}), {"index": version})

    changed = {
        "question": key(question="Q"), "filter": key(where="b"), "endpoint": key(endpoint="f"), "version": key(version="2")
    }  # fmt: skip
    assert changed[change] != key()


texts = st.text(st.characters(codec="utf-8"), max_size=8)


@given(
    st.tuples(texts, st.dictionaries(texts, texts, max_size=3)),
    st.tuples(texts, st.dictionaries(texts, texts, max_size=3)),
)
def test_keys_are_equal_exactly_where_the_requests_are(
    one: tuple[str, dict[str, str]], other: tuple[str, dict[str, str]]
) -> None:
    keys = [cache_key("e", Request(text, filter=where), where) for text, where in (one, other)]
    assert (keys[0] == keys[1]) == ((one[0].strip(), one[1]) == (other[0].strip(), other[1]))


@given(st.dictionaries(texts, texts, max_size=4))
def test_the_order_of_a_filter_does_not_matter(where: dict[str, str]) -> None:
    turned = dict(reversed(where.items()))
    assert cache_key("e", Request("q", filter=where), {}) == cache_key("e", Request("q", filter=turned), {})


def test_another_history_is_another_question(house: House, handlers: ScriptedHandlers) -> None:
    serving = house.serving(cache={"exact": "1h"})
    talks: list[list[tuple[str, str]]] = [[], [("a", "b")], [("a", "c")], [("a", "b"), ("c", "d")]]
    for history in talks:
        assert "cached" not in asyncio.run(done_of(serving, history=history))
    assert asyncio.run(done_of(serving, history=talks[1]))["cached"]
    assert len(handlers.asked) == len(talks)


def test_what_builds_on_a_kept_conversation_is_never_answered_from_the_cache(
    house: House, handlers: ScriptedHandlers
) -> None:
    serving = house.serving(cache={"exact": "1h"})
    for _ in range(2):
        assert "cached" not in asyncio.run(done_of(serving, conversation="conversation:1", owner="ann"))
    assert len(handlers.asked) == 2


def test_a_replay_brings_its_citations(house: House, handlers: ScriptedHandlers) -> None:
    handlers.citations = [{"number": 1}]
    serving = house.serving(cache={"exact": "1h"})
    asyncio.run(done_of(serving))
    events = asyncio.run(events_of(serving))
    assert [event.type for event in events] == ["citation", "token", "done"]
    assert events[0].data == {"number": 1}
