"""Ray at work: the connection, the tasks, and what a worker keeps between them.

A task gets everything as bytes: the recipe (which parts, which version), and the contents of files or the texts. The
results go back to the driver, which alone writes to store and blobs. Ray gives a task out again when its machine is
lost; since a task has no effect but its result, that changes nothing.
"""

import asyncio
import os
import pickle
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlwright.kernel import aio
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import MlwrightError, ProviderError, Unreadable
from mlwright.models import EmbedPart
from mlwright.rag.chunkers import ChunkerPart
from mlwright.rag.compute import Divided, Work
from mlwright.rag.compute._dividing import Divider
from mlwright.rag.spec import ParseSpec

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before Ray is read: nothing is reported to anybody
import ray

_SLOTS_A_CPU = 2
_MOST_SLOTS = 128


@dataclass(frozen=True, slots=True)
class _Recipe:
    """What a worker builds for itself. `embedder` is what its embedder has to be called, `version` that of mlwright."""

    version: str
    chunk: ChunkerPart
    embed: EmbedPart
    embedder: str
    parse: ParseSpec
    room: int


class _Bench:
    """What a worker process keeps: models are loaded and parsers started once, not for each task."""

    def __init__(self, recipe: _Recipe) -> None:
        here = version("mlwright")
        if here != recipe.version:
            raise ProviderError(
                f"{_node()} has mlwright {here}, and the driver has {recipe.version}",
                hint="install the same version on every machine of the cluster",
            )
        self._embedder = recipe.embed.build()
        if str(self._embedder.ref) != recipe.embedder:
            raise ProviderError(
                f"{_node()} builds {self._embedder.ref}, and the driver {recipe.embedder}",
                hint="the machines need the same extras and the same weights",
            )
        self._divider = Divider(recipe.chunk, self._embedder, recipe.parse, room=recipe.room, workers=1)

    def read(self, files: Sequence[tuple[bytes, str]]) -> list[Divided | Unreadable]:
        return self._divider.divide(files)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return aio.run(self._embedder.embed(texts, "document"))


@cache
def _bench(recipe: bytes) -> _Bench:
    return _Bench(pickle.loads(recipe))  # noqa: S301 - made by the driver, whose code we run


def _read(recipe: bytes, files: Sequence[tuple[bytes, str]]) -> list[Divided | Unreadable]:
    return _bench(recipe).read(files)


def _embed(recipe: bytes, texts: Sequence[str]) -> NDArray[np.float32]:
    return _bench(recipe).embed(texts)


def _node() -> str:
    return f"the Ray node {ray.util.get_node_ip_address()}"


class _Connection:
    """The one connection of this process: made by the first pipeline that needs it, ended by the last. A program that
    was connected before keeps its connection."""

    def __init__(self) -> None:
        self._lock, self._users, self._ours = threading.Lock(), 0, False

    def open(self, address: str) -> None:
        with self._lock:
            if not ray.is_initialized():
                try:
                    ray.init(address=address, namespace="mlwright", log_to_driver=False, logging_level="ERROR")
                except (ConnectionError, RuntimeError, ValueError, OSError) as error:
                    raise ProviderError(
                        f"no Ray cluster answers at {address!r}: {(str(error).strip().splitlines() or ['?'])[-1]}",
                        hint="start one: ray start --head --disable-usage-stats; then write `compute: ray`, or its "
                        "address",
                    ) from error
                self._ours = True
            self._users += 1

    def close(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._ours:
                self._ours = False
                ray.shutdown()


_connection = _Connection()


def connected(work: Work, embed: EmbedPart, address: str, retries: int, slots: int | None) -> "RayCompute":
    """Connect, and look at what the cluster has."""
    recipe = _Recipe(version("mlwright"), work.chunk, embed, str(work.embedder.ref), work.parse, work.room)
    _connection.open(address)
    nodes = sum(bool(node["Alive"]) for node in ray.nodes())
    cpus = int(ray.cluster_resources().get("CPU", 0))
    return RayCompute(
        pickle.dumps(recipe), retries, slots or max(2, min(_MOST_SLOTS, cpus * _SLOTS_A_CPU)), nodes, cpus
    )


class RayCompute:
    """Every call is one task. A node that comes later is used; one that goes is worked around."""

    def __init__(self, recipe: bytes, retries: int, slots: int, nodes: int, cpus: int) -> None:
        self.slots = slots
        self.where = f"{nodes} {'node' if nodes == 1 else 'nodes'} of Ray with {cpus} CPUs"
        self._recipe = recipe
        options = {"num_cpus": 1, "max_retries": retries}
        self._reading, self._embedding = ray.remote(**options)(_read), ray.remote(**options)(_embed)

    async def read(self, files: Sequence[tuple[bytes, str]]) -> list[Divided | Unreadable]:
        found: list[Divided | Unreadable] = await self._done(self._reading, list(files))
        return found

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = await self._done(self._embedding, list(texts))
        return vectors

    async def _done(self, function: Any, given: Any) -> Any:
        """Give the task out and wait. Raises what it raised, or ProviderError where it was lost too often."""
        task = await in_thread(function.remote, self._recipe, given)
        try:
            return await asyncio.wrap_future(task.future())
        except asyncio.CancelledError:
            ray.cancel(task)
            raise
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, MlwrightError):
                raise error.cause from None
            raise ProviderError(f"a task failed on Ray: {error.cause!r}", hint="its logs are on the node") from error
        except (ray.exceptions.RayError, ConnectionError) as error:
            told = str(error).strip().splitlines() or [type(error).__name__]
            raise ProviderError(
                f"the Ray cluster lost a task for good: {told[0]}",
                hint="see that its machines are well (`ray status`), and run the command again: it goes on from there",
            ) from error

    async def close(self) -> None:
        await in_thread(_connection.close)
