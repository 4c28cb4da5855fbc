"""Latency in a plan: what the file says of traffic, speed and traces shows in the numbers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlwright.architect import plan, told_load
from mlwright.architect.latency import EndpointLatency
from mlwright.blueprint import Edit, changed, from_text
from mlwright.kernel.errors import Unreadable
from mlwright.kernel.plan import Overhead

BLUEPRINT = """\
system: {{name: a}}
models: {{chat: {{writer: {{use: openai, model: m, base_url: "http://127.0.0.1:1/v1", speed: {speed}}}}}}}
data: {{sources: {{docs: {{use: files, path: docs}}}}}}
rag: {{docs: {{documents: docs}}}}
serving:
  endpoints:
    answer:
      handler: rag.docs
      traffic: {traffic}
      limits: {{concurrency: {slots}, queue: 600s}}
"""
SPEED = "{first_token: 500ms, per_token: 10ms}"


def latency(
    tmp_path: Path,
    traffic: str,
    slots: int = 20,
    speed: str = SPEED,
    more: tuple[str, ...] = (),
    overhead: Overhead | None = None,
) -> EndpointLatency:
    text = BLUEPRINT.format(speed=speed, traffic=traffic, slots=slots)
    edits = [Edit(*edit.split("=")) for edit in more]
    blueprint = changed(from_text(text, tmp_path / "mlwright.yaml"), edits)
    (found,) = plan(blueprint, overhead=overhead).latencies
    return found


def test_a_measured_speed_narrows_the_range(tmp_path: Path) -> None:
    traffic = "{requests: 1/min, tokens: {answer: {p50: 100, p95: 100}}}"
    found = latency(tmp_path, traffic)
    assert found.p50.likely == pytest.approx(1.5, abs=0.1)
    guessed = latency(tmp_path, traffic, speed="null")
    assert found.p50.high / found.p50.low < 0.4 * guessed.p50.high / guessed.p50.low


def test_full_places_are_told(tmp_path: Path) -> None:
    found = latency(tmp_path, "{requests: 10/s, peak: 1x}", slots=15)
    assert found.saturated
    assert found.at_risk
    assert found.p95.likely > latency(tmp_path, "{requests: 10/s, peak: 1x}", slots=60).p95.likely


def test_places_that_the_traffic_may_fill_are_told_with_their_range(tmp_path: Path) -> None:
    measured = ", peak: 1x, measured: {until: 2099-01-01, over: 10m, requests: 900}}"
    near = latency(tmp_path, "{requests: 6/s" + measured, slots=18)
    assert not near.saturated
    assert near.may_saturate
    assert near.arriving.low < near.arriving.likely < 0.8 < near.arriving.high
    assert near.arriving.high == pytest.approx(1.2 * near.usual_utilisation.likely)
    told = " ".join(told_load(near))
    assert f"may saturate: the traffic takes {near.arriving.likely:.0%} of the places" in told
    assert f"to {near.arriving.high:.0%} as far as it is known" in told
    calm = latency(tmp_path, "{requests: 6/s" + measured, slots=24)
    assert not calm.may_saturate
    assert "saturate" not in " ".join(told_load(calm))


def test_bursts_are_worse_than_the_same_number_of_people(tmp_path: Path) -> None:
    people = latency(tmp_path, "{requests: 4/s, peak: 1x}")
    programs = latency(tmp_path, "{requests: 4/s, peak: 1x, burst: 100}")
    assert programs.p95.likely > 2 * people.p95.likely


def test_the_day_is_calmer_than_its_busiest_minute(tmp_path: Path) -> None:
    found = latency(tmp_path, "{requests: 2/s, peak: 3x}", slots=16)
    assert found.usual.p95.likely < found.busiest.p95.likely
    assert found.usual_utilisation.likely == pytest.approx(found.utilisation.likely / 3, rel=0.15)
    assert found.saturated


def test_cached_answers_count_and_need_no_place(tmp_path: Path) -> None:
    traffic = "{requests: 2/s, peak: 1x, repeats: 60%}"
    without = latency(tmp_path, traffic)
    cached = latency(tmp_path, traffic, more=("serving.endpoints.answer.cache.exact=1h",))
    assert cached.p50.likely < 0.1 < without.p50.likely
    assert cached.utilisation.likely == pytest.approx(without.utilisation.likely * 0.4, rel=0.15)


def test_what_takes_longer_than_the_time_limit_is_cut_off(tmp_path: Path) -> None:
    traffic = "{requests: 1/s, peak: 1x, fallbacks: 0%, tokens: {answer: {p50: 100, p95: 300}}}"
    found = latency(tmp_path, traffic, more=("serving.endpoints.answer.limits.timeout=1600ms",))
    assert 0.3 < found.cut_off.likely < 0.6
    assert found.p99.likely == pytest.approx(1.64, abs=0.1)
    assert latency(tmp_path, traffic).cut_off.likely == pytest.approx(0, abs=1e-6)


def test_failures_take_their_time(tmp_path: Path) -> None:
    traffic = "{requests: 1/s, peak: 1x, tokens: {answer: {p50: 100, p95: 100}}, fallbacks: %d%%}"
    calm, failing = latency(tmp_path, traffic % 0), latency(tmp_path, traffic % 30)
    assert failing.p50.likely == pytest.approx(calm.p50.likely, abs=0.1)
    assert failing.p95.likely > calm.p95.likely + 0.5


def test_text_is_held_until_the_first_citation(tmp_path: Path) -> None:
    traffic = "{requests: 1/min, tokens: {answer: {p50: 200, p95: 200}}}"
    held = latency(tmp_path, traffic).first_token.likely
    shown = latency(tmp_path, traffic, more=("rag.docs.generate.cite=optional",)).first_token.likely
    assert held - shown == pytest.approx(30 * 0.01, abs=0.02)


def test_our_own_cpu_is_a_resource(tmp_path: Path) -> None:
    def measured(seconds: float) -> EndpointLatency:
        overhead = Overhead(seconds, seconds, 0.05, 150, 100, "a machine", datetime(2026, 11, 23, tzinfo=UTC))
        return latency(tmp_path, "{requests: 15/s, peak: 1x}", slots=200, overhead=overhead)

    assert measured(0.002).p95.likely < 6
    assert measured(0.08).p95.likely > 3 * measured(0.002).p95.likely, "12.5 a second are too few for 15"


def test_bursts_are_asked_for(tmp_path: Path) -> None:
    assert not latency(tmp_path, "{requests: 1/min}").burst_known
    assert latency(tmp_path, "{requests: 1/min, burst: 1}").burst_known


def test_a_trace_is_replayed(tmp_path: Path) -> None:
    rows = [f"2026-01-01 00:00:{number:02}.{half}000,40,{100 + number}" for number in range(50) for half in (0, 5)]
    (tmp_path / "trace.csv").write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "\n".join(rows))
    found = latency(tmp_path, "{trace: trace.csv}")
    assert found.burst < 0.1
    assert found.p50.likely == pytest.approx(0.53 + 1.25, abs=0.1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "trace.csv:1: a trace needs the columns timestamp and answer_tokens"),
        ("timestamp,answer_tokens\n2026-01-01T00:00:00,5\nyesterday,5\n", "trace.csv:3: "),
        ("timestamp,answer_tokens\n2026-01-01T00:00:00\n", "trace.csv:2: "),
    ],
)
def test_a_bad_trace_is_named_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "trace.csv").write_text(text)
    with pytest.raises(Unreadable, match=told):
        latency(tmp_path, "{trace: trace.csv}")
