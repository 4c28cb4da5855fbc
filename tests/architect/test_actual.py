"""Plan against actual: what is inside, what is outside, and which assumption is to blame; and back into the file."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from mlwright.architect import (
    Comparison,
    Line,
    Measured,
    Served,
    actual_json,
    actual_markdown,
    calibrate,
    compare,
    kept,
    measure,
    plan,
    told_error,
)
from mlwright.architect.simulation import Lengths, arrivals
from mlwright.blueprint import Blueprint, changed, edited, from_text
from mlwright.kernel.plan import Range

START, TODAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC), date(2026, 11, 23)
BLUEPRINT = """\
system: {name: a}
models:
  chat:
    writer:
      {use: openai, model: m, base_url: "http://127.0.0.1:1/v1", price: {input: 1, output: 5}, speed: {first_token: 500ms, per_token: 10ms}}
data: {sources: {docs: {use: files, path: docs}}}
rag: {docs: {documents: docs, generate: {cite: optional}}}
serving:
  endpoints:
    answer:
      handler: rag.docs
      cache: {exact: 1h}
      # people ask
      traffic: {requests: 1/s, peak: 1x, repeats: 0%, fallbacks: 0%, tokens: {prompt: 1000, answer: {p50: 100, p95: 250}}}
      limits: {concurrency: 20}
"""
BASE = from_text(BLUEPRINT)


def day(
    *,
    rate: float = 1.0,
    prompt: int = 1000,
    scale: float = 1.0,
    first: float = 0.5,
    search: float = 0.06,
    repeats: float = 0.0,
    burst: float = 1.0,
    count: int = 2000,
) -> Measured:
    """An hour or so as the plan has it, but for what is given."""
    random, lengths = Random(4), Lengths(100 * scale, 250 * scale)
    rows = []
    for number, at in enumerate(arrivals(random, rate, burst, count)):
        tokens, when = round(lengths.draw(random)), START + timedelta(seconds=at)
        if random.random() < repeats:
            rows.append(Served(when, "cached", 0.003, 0.003, 0.0, "again"))
            continue
        begin, cost = search + first, (prompt + 5 * tokens) / 1e6
        rows.append(
            Served(
                when, "ok", begin + tokens * 0.01, begin, cost, f"question {number}", prompt, tokens, search, first,
                tokens * 0.01,
            )
        )  # fmt: skip
    return measure("answer", rows, START, rows[-1].at)


def compared(measured: Measured, base: Blueprint = BASE) -> dict[str, Line]:
    return {line.what: line for line in compare(base, measured, today=TODAY).lines}


def test_a_day_as_planned_is_inside() -> None:
    lines = compared(day())
    assert not [what for what, line in lines.items() if line.inside is False]
    error = lines["cost per request"].error
    assert error is not None
    assert abs(error) < 0.05
    assert all(not line.cause for line in lines.values())


@pytest.mark.parametrize(
    ("changes", "what", "blamed"),
    [
        ({"prompt": 3000}, "cost per request", "prompts of 3,000 tokens, planned 1,000: most of it"),
        ({"scale": 3.0}, "cost per request", "answers of 2"),
        ({"repeats": 0.6}, "cost per request", "repeated, planned 0%: most of it"),
        ({"scale": 3.0}, "p95", "answers of 2"),
        ({"first": 4.0}, "p50", "writer began after 4000ms"),
        ({"search": 3.0}, "p50", "the search took 3000 ms"),
        ({"first": 4.0}, "first token p95", "writer began after 4000ms"),
    ],
)
def test_the_assumption_that_differs_most_is_to_blame(changes: dict[str, float], what: str, blamed: str) -> None:
    line = compared(day(**changes))[what]  # type: ignore[arg-type]
    assert line.inside is False
    assert blamed in line.cause


def test_answers_without_a_price_are_told_and_not_counted_as_nothing() -> None:
    line = compared(replace(day(), unpriced=7, cost=None))["cost per request"]
    assert line.actual is None
    assert line.inside is None
    assert "7 of 2,000 answers have no price" in line.cause


def test_missed_repeats_are_told() -> None:
    line = compared(replace(day(), repeats=0.3, cached=0.1))["cache hits"]
    assert line.cause == "20% were asked before and answered anew"


def test_a_comparison_is_json_and_markdown() -> None:
    found = [compare(BASE, day(prompt=3000), today=TODAY)]
    data = actual_json(found, ())
    assert data["endpoints"][0]["requests"] == 2000
    assert {line["what"] for line in data["endpoints"][0]["lines"]} >= {"requests", "cost per request", "p95"}
    text = actual_markdown("a", found, ())
    assert "rests on 2,000 requests" in text
    assert "| cost per request |" in text
    assert "outside" in text


@pytest.mark.parametrize(
    ("unit", "planned", "actual", "told"),
    [
        ("share", Range(0.2, 0.28, 0.3), 0.19, "-9.0 pt outside"),
        ("USD", Range(1, 2, 3), 2.5, "+25%"),
        ("a day", Range(1, 2, 3), 200, "x 100 outside"),
        ("x", Range.exactly(0), 4, "outside"),
        ("USD", None, 4, ""),
    ],
)
def test_errors_are_told(unit: str, planned: Range | None, actual: float, told: str) -> None:
    assert told_error(Line("what", unit, planned, actual)) == told  # type: ignore[arg-type]


def test_what_is_kept_is_held_against_the_plan(tmp_path: Path) -> None:
    blueprint = from_text(BLUEPRINT, tmp_path / "mlwright.yaml")
    (line,) = kept(blueprint, 8e5, 0)
    assert line.inside
    (busy,) = kept(blueprint, 8e5, 100_000)
    assert busy.inside is False


# --- calibration


def calibrated(measured: Measured) -> Blueprint:
    return from_text(edited(BLUEPRINT, calibrate(BASE, measured).edits))


def test_a_calibrated_plan_agrees_with_what_was_measured() -> None:
    measured = day(rate=3.0, prompt=2200, scale=2.0, first=1.2, repeats=0.3)
    found: Comparison = compare(calibrated(measured), measured, today=TODAY)
    off = {line.what: line.error for line in found.lines if line.error is not None and abs(line.error) > 0.1}
    assert not off
    assert not found.outside


def test_a_calibration_says_on_what_it_rests() -> None:
    measured = calibrated(day()).serving.endpoints["answer"].traffic.measured
    assert measured is not None
    assert (measured.until, measured.requests) == (TODAY, 2000)
    assert measured.over == pytest.approx(2000, rel=0.1)


def test_a_measured_traffic_narrows_the_range_until_it_is_old() -> None:
    blueprint = calibrated(day())

    def width(today: date) -> float:
        cost = plan(blueprint, today=today).per_request
        assert cost is not None
        return (cost.high - cost.low) / cost.likely

    assert width(TODAY) < width(date(2027, 3, 1))
    told = [str(one) for one in plan(blueprint, today=date(2026, 11, 26)).assumptions]
    assert any("measured on 2,000 requests over" in one and one.endswith(", 3 days old)") for one in told)


def test_comments_stay_and_edits_load() -> None:
    text = edited(BLUEPRINT, calibrate(BASE, day()).edits)
    assert "# people ask" in text
    assert from_text(text).ref == BASE.ref, "no assumption changes an answer"


def test_bursts_are_kept_as_a_trace() -> None:
    found = calibrate(BASE, day(burst=60.0, count=600))
    assert found.trace_path == "traces/answer.csv"
    assert found.trace.splitlines()[0] == "timestamp,answer_tokens"
    assert len(found.trace.splitlines()) == 601
    assert any(edit.path.endswith(".trace") for edit in found.edits)
    assert not calibrate(BASE, day()).trace_path


@pytest.mark.parametrize("writer", ["openai/gpt-4o-mini", "{use: openai, model: gpt-4o-mini}"])
def test_the_speed_goes_to_the_model_however_it_is_written(writer: str) -> None:
    text = f"""\
system: {{name: a}}
models: {{chat: {{writer: {writer}}}}}
data: {{sources: {{docs: {{use: files, path: docs}}}}}}
rag: {{docs: {{documents: docs}}}}
serving: {{endpoints: {{answer: {{handler: rag.docs}}}}}}
"""
    found = calibrate(from_text(text), day())
    speed = from_text(edited(text, found.edits)).models.chat["writer"].speed
    assert speed is not None
    assert (speed.first_token, speed.per_token) == (pytest.approx(0.5), pytest.approx(0.01))


def test_a_model_that_the_file_does_not_name_gets_no_speed() -> None:
    text = BLUEPRINT.replace(BLUEPRINT[BLUEPRINT.index("models:") : BLUEPRINT.index("data:")], "")
    edits = calibrate(from_text(text), day()).edits
    assert not [edit for edit in edits if edit.path.startswith("models")]
    assert changed(from_text(text), edits)
