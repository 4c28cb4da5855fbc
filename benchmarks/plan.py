"""Plan against actual: real arrivals and answer lengths, replayed to the served endpoint and to the simulator.

    python benchmarks/plan.py [--calibrate 10] [--minutes 1.5] [--segments 5] [--speed 3] [--simulated]

The arrivals and answer lengths are those of the Azure LLM inference traces of 2023 (MLWRIGHT_DATA). Over HTTP,
documents, prompt, retrieval, server and client are real, on this machine alone; the model is a stub of known speed:
0.35 s + 0.1 ms per token of its prompt + 12 ms per token of its answer, all divided by `--speed`, and the arrivals come
that much faster, which leaves the load as it is. After a first stretch, `plan --calibrate` writes what it recorded into
the blueprint; then every segment is planned, replayed, held against the plan with `plan --actual`, and the calibration
is renewed from the stretch before the next. The self-test says beforehand what a request costs this machine.

Before that, the whole traces in the simulator (seconds), which agrees with a real server to about 1 %: many more
segments, each calibrated on the ten minutes before it, with Erlang's C beside the plan.

Wanted: cost within 15 %, p95 within 20 % up to 70 % of the places, both inside the printed range in 90 % of the
segments, `saturated` or `may saturate` where the load turns out above 80 % and not where it stays below, and no burst
understated by more than 2 times.
"""

import argparse
import asyncio
import csv
import multiprocessing
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp, factorial
from pathlib import Path
from typing import Any

import aiohttp
import orjson

import mlwright as mw
from mlwright.app import tested
from mlwright.app.overhead import FILE
from mlwright.architect import EndpointLatency, Measured, Served, calibrate, measure, plan
from mlwright.architect.simulation import Asked, quantile, simulate
from mlwright.blueprint import Blueprint, changed, load
from mlwright.kernel.progress import silent

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("MLWRIGHT_DATA") or HERE.parent.parent / "shared" / "data") / "azure_llm_trace_2023"
FIRST, PER_PROMPT, PER_TOKEN, PROMPT = 0.35, 0.0001, 0.012, 1400
PRICE_IN, PRICE_OUT = 1.0, 5.0
BEFORE, LENGTH = 600.0, 120.0
"""Seconds of a trace that a simulated segment is calibrated on, and those of the segment."""
BLUEPRINT = """\
version: 1
system: {{name: replay}}
models:
  embed: {{embedder: local/minilm}}
  chat: {{writer: {{use: openai, model: stub, base_url: "{url}", price: {{input: 1.0, output: 5.0}}}}}}
data: {{sources: {{docs: {{use: files, path: "{docs}/*.md"}}}}}}
rag: {{docs: {{documents: docs, retrieve: {{min_score: -1}}, generate: {{cite: optional}}}}}}
serving:
  endpoints:
    answer:
      handler: rag.docs
      limits: {{rate: 100k/s, concurrency: {slots}, queue: 600s, timeout: 600s}}
"""
START = datetime(2026, 11, 23, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """A request of a trace: seconds from its start, and tokens of the answer."""

    at: float
    tokens: int


def trace(name: str) -> list[Row]:
    with (DATA / f"AzureLLMInferenceTrace_{name}.csv").open(encoding="utf-8") as lines:
        rows = [
            (datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp(), int(row["GeneratedTokens"]))
            for row in csv.DictReader(lines)
        ]
    return [Row(at - rows[0][0], tokens) for at, tokens in rows]


def between(rows: list[Row], start: float, length: float) -> list[Row]:
    return [Row(row.at - start, row.tokens) for row in rows if start <= row.at < start + length]


class Score:
    """How the segments of one configuration went."""

    def __init__(self) -> None:
        self.segments = self.p95_inside = self.cost_inside = self.cost_close = self.told = 0
        self.calm = self.calm_close = self.understated = self.full = self.feared = 0

    def add(self, latency: EndpointLatency, used: float, p95: float, cost: Any, paid: float) -> None:
        waits = latency.usual
        self.segments += 1
        self.p95_inside += waits.p95.low <= p95 <= waits.p95.high
        self.cost_inside += cost.low <= paid <= cost.high
        self.cost_close += abs(cost.likely / paid - 1) <= 0.15
        self.understated += waits.p95.likely * 2 < p95
        if used <= 0.7:
            self.calm += 1
            self.calm_close += abs(waits.p95.likely / p95 - 1) <= 0.2
        if used > 0.8:
            self.full += 1
            self.told += latency.saturated or latency.may_saturate
        else:
            self.feared += latency.may_saturate

    def __str__(self) -> str:
        told = f"{self.told}/{self.full}" if self.full else "-"
        calm = f"{self.calm_close}/{self.calm}" if self.calm else "-"
        return (
            f"{self.cost_close:>6}/{self.segments}{calm:>13}{self.p95_inside:>11}/{self.segments}"
            f"{self.cost_inside:>10}/{self.segments}{told:>13}{self.feared:>8}/{self.segments - self.full}"
            f"{self.understated:>12}/{self.segments}"
        )


HEADINGS = "cost <= 15 %  p95 <= 20 %  p95 inside  cost inside  full: told  not, told  understated 2x"


# --- in the simulator


def asked(rows: list[Row]) -> list[Asked]:
    first = FIRST + PER_PROMPT * PROMPT
    return [Asked(row.at, first, first + PER_TOKEN * row.tokens) for row in rows]


def recorded(rows: list[Row], since: datetime) -> Measured:
    """What serving would have recorded of a stretch."""
    begin = FIRST + PER_PROMPT * PROMPT
    served = [
        Served(
            since + timedelta(seconds=row.at), "ok", begin + PER_TOKEN * row.tokens, begin,
            (PROMPT * PRICE_IN + row.tokens * PRICE_OUT) / 1e6, f"question {number}", PROMPT, row.tokens, 0.0, begin,
            PER_TOKEN * row.tokens,
        )
        for number, row in enumerate(rows)
    ]  # fmt: skip
    return measure("answer", served, since, since + timedelta(seconds=BEFORE))


def calibrated(base: Blueprint, before: list[Row]) -> Blueprint:
    found = calibrate(base, recorded(before, START))
    if found.trace_path:
        file = base.folder / found.trace_path
        file.parent.mkdir(exist_ok=True)
        file.write_text(found.trace, encoding="utf-8")
    return changed(base, found.edits)


def erlang_p95(rate: float, seconds: float, slots: int) -> float:
    """The 95th percentile by M/M/c: exponential answers, independent people (by bisection on the wait)."""
    load = rate * seconds
    if load >= slots:
        return float("inf")
    top = load**slots / factorial(slots) * slots / (slots - load)
    waiting = top / (sum(load**k / factorial(k) for k in range(slots)) + top)
    service, drain = 1 / seconds, slots / seconds - rate

    def above(t: float) -> float:
        alone = exp(-service * t)
        if abs(drain - service) < 1e-9:
            return (1 - waiting) * alone + waiting * (1 + service * t) * alone
        queued = (drain * alone - service * exp(-drain * t)) / (drain - service)
        return (1 - waiting) * alone + waiting * queued

    low, high = 0.0, 1000 * seconds
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) > 0.05 else (low, middle)
    return high


def simulated(name: str, slots: int, folder: Path) -> None:
    path = folder / f"{name}{slots}.yaml"
    path.write_text(BLUEPRINT.format(url="http://127.0.0.1:1/v1", docs=folder, slots=slots), encoding="utf-8")
    base, rows, score = load(path, secrets=False), trace(name), Score()
    errors, erlang = [], []
    for number in range(int((rows[-1].at - BEFORE) // LENGTH)):
        start = BEFORE + number * LENGTH
        before, segment = between(rows, start - BEFORE, BEFORE), between(rows, start, LENGTH)
        if len(segment) < 20 or len(before) < 100:
            continue
        made = plan(calibrated(base, before))
        met = simulate(asked(segment), slots, 600.0, 0.0)
        p95 = quantile(met.total, 0.95)
        tokens = sum(row.tokens for row in segment) / len(segment)
        score.add(made.latencies[0], met.utilisation, p95, made.per_request, (PROMPT + tokens * PRICE_OUT) / 1e6)
        errors.append(made.latencies[0].usual.p95.likely / p95 - 1)
        mean = FIRST + PER_PROMPT * PROMPT + PER_TOKEN * sum(row.tokens for row in before) / len(before)
        erlang.append(erlang_p95(len(before) / BEFORE, mean, slots) / p95 - 1)
    print(
        f"{name:6}{slots:5}{median(errors):+9.0%}{min(errors):+7.0%} to {max(errors):+5.0%}{median(erlang):+10.0%}"
        f"{score}",
        flush=True,
    )


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


# --- over HTTP


def stub(listener: socket.socket, speed: float) -> None:
    """A model of known speed. The question says how many tokens its answer has."""
    from aiohttp import web

    async def chat(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        text = "".join(message["content"] for message in body["messages"])
        answer, prompt = int(text.rpartition("tokens:")[2].split()[0]), len(text) // 4
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await asyncio.sleep((FIRST + PER_PROMPT * prompt) / speed)
        await response.prepare(request)
        await response.write(event({"choices": [{"index": 0, "delta": {"content": "Well, "}}]}))
        await asyncio.sleep(answer * PER_TOKEN / speed)
        usage = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
        last = {"choices": [{"index": 0, "delta": {"content": "yes."}, "finish_reason": "stop"}], "usage": usage}
        await response.write(event(last) + b"data: [DONE]\n\n")
        return response

    def event(data: dict[str, Any]) -> bytes:
        return (
            b"data: " + orjson.dumps({"id": "x", "object": "chat.completion.chunk", "model": "stub", **data}) + b"\n\n"
        )

    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    web.run_app(app, sock=listener, print=None, access_log=None)


async def replay(url: str, rows: list[Row], speed: float, tag: str) -> tuple[list[float], float]:
    """Ask as the trace asked; seconds of each answer as the client saw them, and the mean cost."""
    taken: list[float] = []
    costs: list[float] = []
    began = time.perf_counter()

    async def ask(session: aiohttp.ClientSession, number: int) -> None:
        await asyncio.sleep(rows[number].at / speed - (time.perf_counter() - began))
        start = time.perf_counter()
        question = f"How does {tag} number {number} work? tokens:{rows[number].tokens} "
        async with session.post(f"{url}/v1/ask", json={"question": question}) as response:
            answer = await response.json()
            if response.status != 200:
                raise SystemExit(f"the endpoint answered {response.status}: {answer}")
        taken.append(time.perf_counter() - start)
        costs.append(answer["cost"])

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(ask(session, number) for number in range(len(rows))))
    return taken, sum(costs) / len(costs)


def serve(path: Path) -> tuple["subprocess.Popen[str]", str]:
    command = [sys.executable, "-u", "-m", "mlwright", "serve", "--file", str(path), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in server.stdout or ():
        if found := re.search(r"http://[\d.]+:\d+", line):
            return server, found[0]
    raise SystemExit("the server did not start")


def stretches(name: str, options: argparse.Namespace) -> Iterator[list[Row]]:
    """The stretch that is calibrated on, and then every segment, from the eleventh minute of the trace on."""
    rows, start, length = trace(name), 600.0, options.calibrate * 60
    yield between(rows, start, length)
    for number in range(options.segments):
        yield between(rows, start + length + number * options.minutes * 60, options.minutes * 60)


def replayed(name: str, slots: int, options: argparse.Namespace, text: str, home: Path, selftest: Path) -> None:
    path, score = home / "mlwright.yaml", Score()
    path.write_text(text.replace("{slots}", str(slots)), encoding="utf-8")
    with mw.open(path) as app:
        app.up()
    (home / ".mlwright" / FILE).write_bytes(selftest.read_bytes())
    server, url = serve(path)
    try:
        asyncio.run(replay(url, [Row(0.0, 1)] * 8, 1.0, "warm"))
        ends: list[float] = []
        for number, rows in enumerate(stretches(name, options)):
            with mw.open(path) as app:
                made = app.plan()
            began = time.monotonic()
            taken, paid = asyncio.run(replay(url, rows, options.speed, f"{name}{number}"))
            ends.append(began)
            if number:
                with mw.open(path) as app:
                    (found,) = app.actual(time.monotonic() - began).comparisons
                used = sum(seconds(row) for row in rows) / (slots * options.minutes * 60)
                score.add(made.latencies[0], used, found.measured.p95 or 0.0, made.per_request, paid)
                told(name, slots, made, used, found.measured.p95 or 0.0, quantile(taken, 0.95), paid)
            recalibrated(path, ends, number, options)
    finally:
        server.terminate()
        server.communicate()
    print(f"{HEADINGS}\n{score}", flush=True)


def recalibrated(path: Path, ends: list[float], number: int, options: argparse.Namespace) -> None:
    """Write what was recorded into the blueprint: of the first stretch, and then of as long a time back."""
    length = options.calibrate * 60 / options.speed
    with mw.open(path) as app:
        app.calibrate(max(length, time.monotonic() - ends[number]), apply=True, force=True)


def seconds(row: Row) -> float:
    """What the stub takes for a request, at the speed of the trace."""
    return FIRST + PER_PROMPT * PROMPT + PER_TOKEN * row.tokens


def told(name: str, slots: int, made: Any, used: float, p95: float, seen: float, paid: float) -> None:
    latency, cost = made.latencies[0], made.per_request
    waits = latency.usual.p95
    full = latency.saturated or latency.may_saturate
    error = latency.risk if full else f"{waits.likely / p95 - 1:+.0%}"
    print(
        f"{name:6}{slots:4}{latency.usual_utilisation.likely:6.2f}{used:6.2f}{latency.burst:7.1f}"
        f"{waits.likely:8.2f} ({waits.low:.2f}..{waits.high:.2f})".ljust(52)
        + f"{p95:7.2f}{seen:8.2f}{error:>13}{cost.likely * 1000:9.3f}{paid * 1000:8.3f}{cost.likely / paid - 1:+7.0%}",
        flush=True,
    )


def over_http(options: argparse.Namespace, folder: Path) -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    model = multiprocessing.get_context("spawn").Process(target=stub, args=(listener, options.speed), daemon=True)
    model.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    text = BLUEPRINT.format(url=url, docs=HERE.parent / "docs", slots="{slots}")
    first = folder / "selftest"
    first.mkdir()
    (first / "mlwright.yaml").write_text(text.replace("{slots}", "40"), encoding="utf-8")
    found = tested(first / "mlwright.yaml", silent, target=None, sets=None)
    print(f"\nself-test: {found.cpu * 1000:.1f} ms of CPU a request, {1 / found.seconds:.0f} requests a second at most")
    print("over HTTP  load: planned, actual, burst; p95: planned, s (range)".ljust(66), "actual  client", end="")
    print("    error   USD/1000: planned, paid")
    for trace_name, slots in (("conv", 30), ("conv", 18), ("code", 12)):
        home = folder / f"{trace_name}{slots}"
        home.mkdir()
        replayed(trace_name, slots, options, text, home, first / ".mlwright" / FILE)
    model.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calibrate", type=float, default=10.0, help="minutes of the trace before the first segment")
    parser.add_argument("--minutes", type=float, default=1.5, help="of the trace, per segment")
    parser.add_argument("--segments", type=int, default=5)
    parser.add_argument("--speed", type=float, default=3.0)
    parser.add_argument("--simulated", action="store_true", help="only the simulator")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"simulated\ntrace slots   p95: median error, range   Erlang C  {HEADINGS}")
        for trace_name, slots in (("conv", 40), ("conv", 26), ("conv", 18), ("code", 12), ("code", 8)):
            simulated(trace_name, slots, folder)
        if not options.simulated:
            over_http(options, folder)


if __name__ == "__main__":
    main()
