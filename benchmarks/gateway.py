"""CPU of the gateway per request, everything on, beside a bare FastAPI + aiohttp proxy: same stub, same run.

Three processes: a stub upstream that answers a chat completion at once, the gateway under test, and this one, which
sends requests over a few connections and reads the CPU time of the gateway from the operating system. "Everything on"
means key, rate limit, sticky split with a canary, cache key and lookup (all misses), queue, breaker, span and log row;
both ask the stub with aiohttp. Rounds are interleaved, and the smallest of each is printed beside all of them.

    python benchmarks/gateway.py [--requests 2000] [--rounds 3]
"""

import argparse
import asyncio
import multiprocessing
import os
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import uvicorn

CONNECTIONS = 8
ANSWER = {
    "id": "x", "object": "chat.completion", "model": "stub",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "forty-two"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13},
}  # fmt: skip


async def stub(scope: Any, receive: Any, send: Any) -> None:
    """An upstream that costs as little as possible."""
    while (await receive()).get("more_body"):
        pass
    body = orjson.dumps(ANSWER)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Upstream:
    """One pooled client, made on the loop that uses it."""

    def __init__(self, url: str) -> None:
        self._url, self._session = url, None

    async def ask(self, question: str) -> dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        body = orjson.dumps({"model": "stub", "messages": [{"role": "user", "content": question}]})
        async with self._session.post(self._url, data=body, headers={"content-type": "application/json"}) as response:
            return orjson.loads(await response.read())


def bare(upstream: str) -> Any:
    """The floor: FastAPI reads and checks a body, aiohttp forwards it."""
    from fastapi import FastAPI
    from pydantic import BaseModel

    class Ask(BaseModel):
        question: str
        user: str = ""

    api, client = FastAPI(), Upstream(upstream)

    @api.post("/v1/ask")
    async def ask(body: Ask) -> dict[str, Any]:
        return await client.ask(body.question)

    return api


def gateway(upstream: str) -> Any:
    """mlwright with everything on; the key that the requests carry is written to KEY_FILE."""
    from types import SimpleNamespace

    from mlwright.faces.api import make_api
    from mlwright.kernel.ids import Ref, new_ref
    from mlwright.kernel.open import open_kernel
    from mlwright.serving import Event, Request, ServingSpec, build_serving

    client = Upstream(upstream)

    class Handlers:
        def handler(self, release: Ref, endpoint: str) -> Callable[[Request], AsyncIterator[Event]]:
            return self.answer

        def versions(self, release: Ref, endpoint: str) -> dict[str, str]:
            return {"release": str(release), "index": "1", "prompt": "2", "model": "3"}

        top_passages = handler

        async def answer(self, request: Request) -> AsyncIterator[Event]:
            data = await client.ask(request.question)
            text = data["choices"][0]["message"]["content"]
            usage = {"input_tokens": 10, "output_tokens": 3}
            yield Event("token", {"text": text})
            yield Event("done", {"answer": str(new_ref("answer")), "text": text, "cost": 0.0001, "usage": usage})

    kernel = open_kernel(Path(tempfile.mkdtemp()) / "home")
    endpoint = {
        "handler": "rag.x", "auth": "api_key", "cache": {"exact": "1h"}, "fallback": ["backup"],
        "limits": {"rate": "100k/s"}, "rollout": {"steps": ["10%", "100%"], "abort_if": {"error_rate": "> 2%"}},
    }  # fmt: skip
    spec = ServingSpec.model_validate({"endpoints": {"answer": endpoint}})
    serving = build_serving(spec, kernel, handlers=Handlers(), gate=lambda gate, release: None)
    for name in ("old", "new"):
        serving.deploy("answer", serving.add_release(Ref("release", name), blueprint_json="{}").ref)
    Path(os.environ["KEY_FILE"]).write_text(serving.keys.create("bench"), encoding="utf-8")
    return make_api(SimpleNamespace(kernel=kernel, serving=serving, default_endpoint=lambda: "answer"))


def host(make: Callable[..., Any], args: tuple[str, ...], listener: socket.socket) -> None:
    app = make(*args) if args else make
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", ws="none")
    uvicorn.Server(config).run([listener])


def started(stack: AsyncExitStack, make: Callable[..., Any], *args: str) -> tuple[int, str]:
    """A process that hosts an app: its id and URL."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    process = multiprocessing.get_context("fork").Process(target=host, args=(make, args, listener), daemon=True)
    process.start()
    stack.callback(process.join)
    stack.callback(process.terminate)
    return process.pid or 0, f"http://127.0.0.1:{listener.getsockname()[1]}"


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def drive(url: str, requests: int, headers: dict[str, str], tag: str) -> None:
    numbers = iter(range(requests))

    async def one_connection(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            body = {"question": f"{tag} question {number}", "user": f"user {number % 50}"}
            async with session.post(f"{url}/v1/ask", json=body, headers=headers) as response:
                text = await response.text()
                if response.status != 200:
                    raise SystemExit(f"{url} answered {response.status}: {text[:300]}")

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        await asyncio.gather(*(one_connection(session) for _ in range(CONNECTIONS)))


async def main(requests: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        key_file = Path(folder) / "key"
        os.environ["KEY_FILE"] = str(key_file)
        async with AsyncExitStack() as stack:
            _, upstream = started(stack, stub)
            hosts = {name: started(stack, make, upstream) for name, make in (("bare", bare), ("mlwright", gateway))}
            while not (key_file.exists() and key_file.read_text(encoding="utf-8")):
                await asyncio.sleep(0.1)
            headers = {"authorization": f"Bearer {key_file.read_text(encoding='utf-8')}"}
            taken: dict[str, list[float]] = {name: [] for name in hosts}
            for round_ in range(rounds + 1):
                for name, (pid, url) in hosts.items():
                    before = cpu_seconds(pid)
                    await drive(url, requests if round_ else 200, headers, f"round {round_}")
                    await asyncio.sleep(0.2)  # rows that are written a moment later belong to the price
                    if round_:
                        taken[name].append((cpu_seconds(pid) - before) / requests * 1e6)
    print(f"{requests} requests a round, {rounds} rounds, {CONNECTIONS} connections; load {os.getloadavg()[0]:.1f}")
    floor = min(taken["bare"])
    print(f"{'':24}{'CPU us/request':>16}{'ratio':>8}   rounds")
    for name, values in taken.items():
        shown = ", ".join(f"{value:.0f}" for value in values)
        print(f"{name:24}{min(values):16.0f}{min(values) / floor:8.2f}   {shown}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    began = time.perf_counter()
    asyncio.run(main(chosen.requests, chosen.rounds))
    print(f"took {time.perf_counter() - began:.0f} s")
