"""The self-test: what a request costs this machine beside the models of others. A server of its own, over HTTP, with
the blueprint's pipeline over a sample of its documents and a model that answers at once, is asked one question after
another, and then many at the same time."""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp

from mlwright.app.instant import InstantModel
from mlwright.app.opening import FOLDER
from mlwright.app.overhead import keep_overhead, machine
from mlwright.blueprint import Blueprint, load
from mlwright.data import Listed
from mlwright.kernel.clock import Clock, SystemClock
from mlwright.kernel.errors import NotFound, ProviderError, UserError
from mlwright.kernel.plan import Overhead
from mlwright.kernel.progress import Progress
from mlwright.models import EmbedPart, Located, RerankPart

_FILES, _BYTES = 40, 300_000
_WARM, _ALONE, _TOGETHER, _AT_ONCE = 5, 20, 150, 8
_START_S = 120.0


def self_test(blueprint: Blueprint, home: Path, progress: Progress, clock: Clock | None = None) -> Overhead:
    """Measure, and keep what was found in the workspace, which is made if need be. Raises NotFound where nothing is
    served, ProviderError where the server does not start."""
    name = next(iter(blueprint.serving.endpoints), "")
    if not name:
        raise NotFound("the blueprint serves no endpoint", hint="add one: serving.endpoints.answer.handler")
    words = blueprint.serving.endpoints[name].traffic.tokens.answer.p50
    with tempfile.TemporaryDirectory(prefix="mlwright-selftest-") as folder, InstantModel(words) as model:
        path = Path(folder) / "mlwright.yaml"
        _sample(blueprint, name, Path(folder) / "docs")
        path.write_text(json.dumps(_alike(blueprint, name, model.url)), encoding="utf-8")
        progress.start("index a sample of the documents")
        chunks = _up(path)
        progress.end("index a sample of the documents")
        with _serving(path) as (url, process):
            found = asyncio.run(_measure(url, name, process.pid, progress))
    alone, seconds, cpu = found
    overhead = Overhead(cpu, seconds, alone, _TOGETHER, chunks, machine(), (clock or SystemClock()).now())
    keep_overhead(home, overhead)
    return overhead


def tested(path: str | Path, progress: Progress, *, target: str | None, sets: Mapping[str, str] | None) -> Overhead:
    """The self-test of a blueprint's file. Needs no secret."""
    blueprint = load(Path(path), target=target, sets=sets or {}, secrets=False)
    return self_test(blueprint, blueprint.folder / FOLDER, progress)


def _alike(blueprint: Blueprint, endpoint: str, url: str) -> dict[str, Any]:
    """The blueprint with one endpoint, the sample, no model but the instant one, and no limit in the way."""
    pipeline = blueprint.serving.endpoints[endpoint].handler.partition(".")[2]
    spec, whole = blueprint.rag[pipeline], blueprint.as_data()
    rag = {**whole["rag"][pipeline], "documents": "docs"}
    rag["generate"] = {**rag["generate"], "prompt": None}
    rag["retrieve"] = {**rag["retrieve"], "min_score": -1.0}
    rag["index"] = {**rag["index"], "engine": "embedded"}
    if spec.rerank is not None and not blueprint.models.rerank[spec.rerank.model].facts().embedded:
        rag["rerank"] = None
    return {
        "system": {"name": "selftest"},
        "models": _embedded(blueprint, whole["models"], url),
        "data": {"sources": {"docs": {"use": "files", "path": "docs/**"}}},
        "rag": {pipeline: rag},
        "serving": {
            "endpoints": {
                endpoint: {
                    "handler": f"rag.{pipeline}",
                    "limits": {"rate": "100k/s", "concurrency": 64, "queue": "60s", "timeout": "60s"},
                }
            }
        },
    }


def _embedded(blueprint: Blueprint, whole: Mapping[str, Mapping[str, Any]], url: str) -> dict[str, dict[str, Any]]:
    """Every model that runs in this process as it is, and something as long and as quick as can be for the others."""
    models = blueprint.models
    instant = {"use": "openai", "model": "instant", "base_url": url}
    return {
        "embed": {
            name: _here(whole["embed"][name], part)
            if part.facts().embedded
            else {"use": "hashing", "dims": part.facts().dims}
            for name, part in models.embed.items()
        },
        "chat": {name: whole["chat"][name] if part.facts().embedded else instant for name, part in models.chat.items()},
        "rerank": {
            name: _here(whole["rerank"][name], part) for name, part in models.rerank.items() if part.facts().embedded
        },
    }


def _here(said: dict[str, Any], part: EmbedPart | RerankPart) -> dict[str, Any]:
    """A model as the blueprint says it, for one that lies in another folder."""
    return {**said, **(part.whereabouts if isinstance(part, Located) else {})}


def _sample(blueprint: Blueprint, endpoint: str, folder: Path) -> None:
    """Some of the documents; pages of plain words where there are none (yet)."""
    folder.mkdir()
    pipeline = blueprint.serving.endpoints[endpoint].handler.partition(".")[2]
    left = _BYTES
    for number, (name, content) in enumerate(_documents(blueprint, blueprint.rag[pipeline].documents)):
        left -= len(content)
        if number == _FILES or left < 0:
            break
        (folder / f"{number:03}{Path(name).suffix}").write_bytes(content)
    if not any(folder.iterdir()):
        for number in range(_FILES):
            lines = [f"Part {number} of machine {line} is checked every {line + number} days." for line in range(40)]
            (folder / f"{number:03}.md").write_text(f"# Part {number}\n\n" + "\n\n".join(lines), encoding="utf-8")


def _documents(blueprint: Blueprint, source: str) -> Iterator[tuple[str, bytes]]:
    opened = blueprint.data.sources[source].build(blueprint.folder)
    try:
        for listed in opened.list():
            if isinstance(listed, Listed) and 0 < listed.size < _BYTES // 4:
                yield listed.key, opened.read(listed)
    except UserError:
        return


def _up(path: Path) -> int:
    """Bring the sample up; the chunks of its index."""
    done = _run(["up", str(path), "--no-serve", "--json"])
    return int(json.loads(done)["up"]["indexes"][0]["chunks"])


def _run(words: list[str]) -> str:
    done = subprocess.run(  # noqa: S603 - this interpreter, our own words
        [sys.executable, "-m", "mlwright", *words], capture_output=True, text=True, env=_environment(), check=False
    )
    if done.returncode:
        raise ProviderError(f"the self-test could not start: {_last(done.stderr)}", hint="look at: mlwright doctor")
    return done.stdout


def _environment() -> dict[str, str]:
    """Without the settings of the workspace under test: the sample has a store of its own."""
    return {name: value for name, value in os.environ.items() if name not in ("MLWRIGHT_STORE", "MLWRIGHT_BLOBS")}


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2] or "it said nothing"


@contextmanager
def _serving(path: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A server of the sample: its address and process."""
    command = [sys.executable, "-u", "-m", "mlwright", "serve", "--file", str(path), "--port", "0"]
    process = subprocess.Popen(  # noqa: S603 - this interpreter, our own words
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_environment()
    )
    try:
        yield _address(process), process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _address(process: "subprocess.Popen[str]") -> str:
    said = ""
    for line in process.stdout or ():
        said = line
        if found := re.search(r"http://[\d.]+:\d+", line):
            return found[0]
    raise ProviderError(f"the server of the self-test ended: {_last(said)}", hint="look at: mlwright doctor")


async def _measure(url: str, endpoint: str, process: int, progress: Progress) -> tuple[float, float, float]:
    """Seconds of a request with nobody else there, seconds between two answers when many ask, and CPU a request."""
    task = "ask the server"
    progress.start(task, _WARM + _ALONE + _TOGETHER)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_START_S)) as session:

        async def ask(number: int) -> float:
            began = time.perf_counter()
            body = {"question": f"What is said about part {number} of this, and how often is {number * 7} checked?"}
            async with session.post(f"{url}/v1/endpoints/{endpoint}", json=body) as response:
                answer = await response.read()
                if response.status != 200:
                    raise ProviderError(f"the server of the self-test answered {response.status}: {answer[:200]!r}")
            progress.step(task)
            return time.perf_counter() - began

        for number in range(_WARM):
            await ask(number)
        alone = [await ask(1000 + number) for number in range(_ALONE)]
        turns = iter(range(2000, 2000 + _TOGETHER))
        before, began = _cpu_seconds(process), time.perf_counter()
        await asyncio.gather(*(_one_after_another(ask, turns) for _ in range(_AT_ONCE)))
        seconds = (time.perf_counter() - began) / _TOGETHER
        cpu = (_cpu_seconds(process) - before) / _TOGETHER
    progress.end(task)
    return median(alone), seconds, cpu


async def _one_after_another(ask: Callable[[int], Awaitable[float]], turns: Iterator[int]) -> None:
    for number in turns:
        await ask(number)


def _cpu_seconds(process: int) -> float:
    """Seconds of CPU that a process has used, its threads included."""
    stat = Path(f"/proc/{process}/stat")
    if stat.exists():
        fields = stat.read_text(encoding="utf-8").rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    said = subprocess.run(  # noqa: S603 - a fixed command
        ["ps", "-o", "time=", "-p", str(process)],  # noqa: S607 - wherever it is
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    parts = [float(part) for part in re.split(r"[-:]", said.strip())]
    return sum(part * scale for part, scale in zip(reversed(parts), (1, 60, 3600, 86400), strict=False))
