import asyncio

import pytest

from mlwright.kernel.errors import Conflict, NotFound, UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.plan import Range
from mlwright.serving import ServingSpec, capacity, longest_answer, storage
from mlwright.testing.handlers import ScriptedHandlers
from serving.conftest import NEW, OLD, House, done_of


def test_releases_are_numbered_kept_and_linked_to_their_commit(house: House) -> None:
    serving = house.serving()
    again = serving.add_release(OLD, blueprint_json='{"other": 1}', note="again")
    assert (again.number, again.note, serving.blueprint_of(OLD)) == (1, "old", "{}")
    assert [release.number for release in serving.releases()] == [2, 1]
    assert Ref("commit", "c0ffee") in house.kernel.lineage.up(NEW).depth
    described = serving.describe(NEW)
    assert described is not None and described.label == "release 2"
    assert serving.describe(Ref("release", "none")) is None and serving.describe(Ref("chunk", "x")) is None


def test_feedback_is_kept_and_linked_to_the_answer(house: House) -> None:
    serving = house.serving()
    answer = Ref.parse(str(asyncio.run(done_of(serving))["answer"]))
    given = serving.feedback(answer, 1, "thanks")
    serving.feedback(answer, -1)
    assert [one.score for one in serving.feedback_on(answer)] == [1, -1]
    assert Ref("feedback", given.id) in house.kernel.lineage.down(answer).depth
    described = serving.describe(Ref("feedback", given.id))
    assert described is not None and described.facts == {"comment": "thanks"}
    report = serving.report("answer")
    assert (report.thumbs_up, report.thumbs_down) == (1, 1)


@pytest.mark.parametrize(("score", "answer"), [(0, "answer:x"), (5, "answer:x"), (1, "chunk:x")])
def test_feedback_that_means_nothing_is_refused(house: House, score: int, answer: str) -> None:
    with pytest.raises(UserError):
        house.serving().feedback(Ref.parse(answer), score)


def test_the_report_counts_and_measures(house: House, handlers: ScriptedHandlers) -> None:
    serving = house.serving(cache={"exact": "1h"}, limits={"retries": 0})

    async def ask() -> None:
        for question in ("a", "a", "b"):
            await done_of(serving, question)
        handlers.cost = None
        await done_of(serving, "c")
        handlers.failures = [KeyError("x")]
        await asyncio.gather(done_of(serving, "d"), return_exceptions=True)

    asyncio.run(ask())
    report = serving.report("answer")
    assert (report.requests, report.errors, report.cached, report.fallbacks) == (5, 1, 1, 0)
    assert (report.unpriced, round(report.cost, 6), report.by_release) == (1, 0.002, {str(OLD): 5})
    assert report.p50 is not None and report.p99 is not None and report.p50 <= report.p99
    empty = house.serving().report("answer")
    assert empty.requests == 5  # the log is the workspace's, not the process's


def test_keys_work_once_made_and_not_once_revoked(house: House) -> None:
    keys = house.serving().keys
    assert not keys.any()
    text = keys.create("ci")
    found = keys.check(text)
    assert found is not None and found.name == "ci" and keys.any()
    with pytest.raises(Conflict):
        keys.create("ci")
    stored = house.kernel.store.one("select * from serving_key")
    assert stored is not None and text.split("_", 2)[2] not in str(dict(stored))
    for wrong in (text[:-1], text + "x", text.upper(), "mw_x_y", "", "Bearer " + text, f"mw_{'0' * 26}_{'A' * 43}"):
        assert keys.check(wrong) is None
    keys.revoke("ci")
    assert keys.check(text) is None and not keys.any()
    with pytest.raises(NotFound):
        keys.revoke("ci")


def test_the_plan_has_the_steps_and_the_storage() -> None:
    spec = ServingSpec.model_validate(
        {"endpoints": {"answer": {
            "handler": "rag.docs", "traffic": {"requests": "12k/day", "repeats": "28%"}, "cache": {"exact": "1h"},
            "limits": {"timeout": "3s", "retries": 1, "queue": "10s", "concurrency": 12}, "fallback": ["backup", "rule.top_passages"],
        }}}
    )  # fmt: skip
    endpoint = spec.endpoints["answer"]
    gateway, queue, answer = capacity("answer", endpoint, Range(0.5, 1.0, 2.0))
    assert (queue.timeout, answer.slots, gateway.slots) == (10.0, 12, None)
    assert answer.timeout == longest_answer(endpoint) == pytest.approx(2 * (2 * 3 + 0.1))
    log, cache = storage(spec)
    assert 2.6e9 < log.bytes.likely < 3.3e9 and cache.bytes.likely == pytest.approx(500 * 0.72 * 3000)
