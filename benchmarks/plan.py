"""Plan against actual: real arrivals and answer lengths replayed over HTTP to the served demo endpoint.

    python benchmarks/plan.py [--minutes 1] [--segments 6] [--speed 2]

The arrivals and answer lengths are those of the Azure LLM inference traces of 2023 (MLWRIGHT_DATA); documents, prompt,
retrieval, server and client are real; the model is a stub of known speed: 0.35 s + 0.1 ms per token of its prompt + 12
ms per token of its answer, all divided by `--speed`, and the arrivals come that much faster. Each segment is planned
from what the segment before it shows (rate, lengths, burst), and then replayed. Prints both for each segment, and the
share of segments whose actual lies in the printed range.
"""

import argparse
import asyncio
import csv
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import orjson

import mlwright as mw
from mlwright.architect import EndpointLatency, plan
from mlwright.architect.simulation import burst_of, quantile

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("MLWRIGHT_DATA") or HERE.parent.parent / "shared" / "data") / "azure_llm_trace_2023"
FIRST, PER_PROMPT, PER_TOKEN = 0.35, 0.0001, 0.012
PRICE_IN, PRICE_OUT = 1.0, 5.0
BLUEPRINT = """\
version: 1
system: {{name: replay}}
models:
  embed: {{embedder: local/minilm}}
  chat:
    writer:
      use: openai
      model: stub
      base_url: {url}
      price: {{input: 1.0, output: 5.0}}
      speed: {{first_token: {first}ms, per_token: {token}ms, per_prompt_token: {prompt}ms}}
data: {{sources: {{docs: {{use: files, path: "{docs}/*.md"}}}}}}
rag: {{docs: {{documents: docs, retrieve: {{min_score: -1}}, generate: {{cite: optional}}}}}}
serving:
  endpoints:
    answer:
      handler: rag.docs
      traffic:
        requests: {rate}/s
        peak: 1x
        burst: {burst}
        tokens: {{question: 20, answer: {{p50: {p50}, p95: {p95}}}}}
      limits: {{rate: 100k/s, concurrency: {slots}, queue: 600s, timeout: 600s}}
"""


@dataclass(frozen=True)
class Segment:
    """Requests of one stretch of a trace: seconds from its start, and tokens of the answers."""

    times: list[float]
    tokens: list[int]

    @property
    def rate(self) -> float:
        return len(self.times) / self.times[-1]


def segments(name: str, length: float, count: int, skip: float) -> list[Segment]:
    """Neighbouring stretches of `length` seconds of a trace, from `skip` seconds on."""
    with (DATA / f"AzureLLMInferenceTrace_{name}.csv").open(encoding="utf-8") as lines:
        rows = [
            (datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp(), int(row["GeneratedTokens"]))
            for row in csv.DictReader(lines)
        ]
    start = rows[0][0] + skip
    found = []
    for number in range(count):
        low = start + number * length
        inside = [(at - low, tokens) for at, tokens in rows if low <= at < low + length]
        found.append(Segment([at for at, _ in inside], [tokens for _, tokens in inside]))
    return found


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


async def replay(url: str, segment: Segment, speed: float, tag: str) -> tuple[list[float], float]:
    """Ask as the trace asked; seconds of each answer, sorted, and the mean cost."""
    taken: list[float] = []
    costs: list[float] = []
    began = time.perf_counter()

    async def ask(session: aiohttp.ClientSession, number: int) -> None:
        await asyncio.sleep(segment.times[number] / speed - (time.perf_counter() - began))
        start = time.perf_counter()
        question = f"How does {tag} number {number} work? tokens:{segment.tokens[number]} "
        async with session.post(f"{url}/v1/ask", json={"question": question}) as response:
            answer = await response.json()
            if response.status != 200:
                raise SystemExit(f"the endpoint answered {response.status}: {answer}")
        taken.append(time.perf_counter() - start)
        costs.append(answer["cost"])

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(ask(session, number) for number in range(len(segment.times))))
    return sorted(taken), sum(costs) / len(costs)


def planned(path: Path, text: str, before: Segment, slots: int, speed: float) -> tuple[EndpointLatency, Any]:
    ordered = sorted(before.tokens)
    values = {
        "rate": f"{before.rate * speed:.4f}",
        "burst": f"{min(1000.0, max(0.1, burst_of(before.times))):.3f}",
        "p50": max(1, quantile(ordered, 0.5)),
        "p95": max(1, quantile(ordered, 0.95)),
        "slots": slots,
    }
    path.write_text(text.format(**values), encoding="utf-8")
    made = plan(mw.open(path).blueprint)
    return made.latencies[0], made.per_request


def serve(path: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mlwright", "serve", "--file", str(path), "--port", str(port)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def ready(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(300):
            try:
                async with session.get(f"{url}/healthz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    raise SystemExit("the server did not start")


def run(trace: str, slots: int, options: argparse.Namespace, text: str, folder: Path) -> None:
    found = segments(trace, options.minutes * 60, options.segments + 1, 600)
    path, port = folder / "mlwright.yaml", free_port()
    url = f"http://127.0.0.1:{port}"
    planned(path, text, found[0], slots, options.speed)
    with mw.open(path) as app:
        app.up()
    server = serve(path, port)
    inside = [0, 0]
    try:
        asyncio.run(ready(url))
        asyncio.run(replay(url, Segment([0.0] * 8, [1] * 8), 1.0, "warm"))
        for number, (before, segment) in enumerate(pairwise(found)):
            latency, cost = planned(folder / "plan.yaml", text, before, slots, options.speed)
            actual, paid = asyncio.run(replay(url, segment, options.speed, f"{trace}{number}"))
            p95 = quantile(actual, 0.95)
            inside[0] += latency.p95.low <= p95 <= latency.p95.high
            inside[1] += cost.low <= paid <= cost.high
            told = "saturated" if latency.saturated else f"{latency.p95.likely / p95 - 1:+.0%}"
            print(
                f"{trace:6}{slots:4}{latency.utilisation.likely:7.2f}{latency.burst:8.1f}{latency.p95.likely:9.2f}"
                f" ({latency.p95.low:.2f}..{latency.p95.high:.2f})".ljust(54)
                + f"{p95:8.2f}{told:>11}{cost.likely * 1000:11.3f}{paid * 1000:9.3f}{cost.likely / paid - 1:+8.0%}",
                flush=True,
            )
    finally:
        server.terminate()
        server.wait()
    print(f"{trace}: p95 inside the range in {inside[0]}, cost in {inside[1]} of {options.segments} segments")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0, help="of the trace, per segment")
    parser.add_argument("--segments", type=int, default=6)
    parser.add_argument("--speed", type=float, default=2.0)
    options = parser.parse_args()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    model = multiprocessing.get_context("spawn").Process(target=stub, args=(listener, options.speed), daemon=True)
    model.start()
    with tempfile.TemporaryDirectory() as folder:
        text = BLUEPRINT.replace("{url}", f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        text = text.replace("{docs}", str(HERE.parent / "docs")).replace("{first}", str(FIRST * 1000 / options.speed))
        text = text.replace("{token}", str(PER_TOKEN * 1000 / options.speed))
        text = text.replace("{prompt}", str(PER_PROMPT * 1000 / options.speed))
        print("trace slots  load   burst  planned p95, s (range)    actual    error    USD/1000: planned, paid, error")
        for trace, slots in (("conv", 40), ("conv", 26), ("code", 12)):
            home = Path(folder) / f"{trace}{slots}"
            home.mkdir()
            run(trace, slots, options, text, home)
    model.terminate()


if __name__ == "__main__":
    main()
