"""Contexts of the chunks of an ingest: asked for, put into rows, tried again, and counted."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from mlwright.kernel.aio import in_thread, to_the_end
from mlwright.kernel.errors import Unreadable
from mlwright.kernel.ids import Ref, digest
from mlwright.rag import describe
from mlwright.rag import tables as chunks_of_rag
from mlwright.rag.chunkers import embedded_of
from mlwright.rag.compute import Divided
from mlwright.rag.rows import Context
from mlwright.rag.situate import tables
from mlwright.rag.situate.asking import Place, Situating
from mlwright.rag.types import Situated

_COUNTS = ("written", "known", "missing", "calls", "input_tokens", "cached_tokens", "output_tokens")


async def contexts_of(
    divided: Sequence[Divided | Unreadable], situating: Situating | None
) -> list[Sequence[Context | None]]:
    """A context for each chunk of each document; None where there is none, or none is asked for."""

    async def of(one: Divided | Unreadable) -> Sequence[Context | None]:
        if isinstance(one, Unreadable):
            return ()
        if situating is None:
            return [None] * len(one.cuts)
        places = [Place(cut.start, cut.end, cut.headings) for cut in one.cuts]
        return await situating.contexts(one.parsed.title, one.parsed.text, places)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(of(one)) for one in divided]
    return [task.result() for task in tasks]


async def try_again(situating: Situating, cutting: str, versions: Collection[str]) -> None:
    """Ask once more for what an earlier run got no context for, in these versions. What was found is in the rows when
    this returns, and has no vector yet."""
    bare: dict[str, list[str]] = {}
    for chunk, version in await in_thread(tables.bare_chunks, situating.kernel.store, cutting):
        if version in versions:
            bare.setdefault(version, []).append(chunk)
    waiting = iter(bare.items())

    async def work() -> None:
        for version, ids in waiting:
            await _again(situating, Ref("version", version), ids)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(situating.writer.spec.concurrency, len(bare))):
            group.create_task(work())


async def _again(situating: Situating, version: Ref, ids: Sequence[str]) -> None:
    kernel = situating.kernel
    parsed = await in_thread(describe.text, kernel, version)
    chunks = list((await in_thread(chunks_of_rag.chunks, kernel.store, ids)).values())
    places = [Place(chunk.span.start, chunk.span.end, chunk.headings) for chunk in chunks]
    contexts = await situating.contexts(parsed.title, parsed.text, places)
    found = [
        (chunk.ref.id, context, digest(embedded_of(replace(chunk, context=context.body)).encode()))
        for chunk, context in zip(chunks, contexts, strict=True)
        if context is not None
    ]
    await to_the_end(tables.set_contexts, kernel.store, found)


def bare_of(target: Sequence[str], situating: Situating | None, cutting: str) -> tuple[str, ...]:
    """Those of the chunks that should have a context, and have none."""
    if situating is None:
        return ()
    bare = {chunk for chunk, _ in tables.bare_chunks(situating.kernel.store, cutting)}
    return tuple(sorted(bare.intersection(target)))


def metrics_of(situated: Situated | None) -> Mapping[str, float]:
    """What situating took, as metrics of a run; no cost where the model has no price."""
    if situated is None:
        return {}
    metrics = {f"contexts_{name}": float(getattr(situated, name)) for name in _COUNTS}
    return metrics if situated.cost is None else {**metrics, "contexts_cost": situated.cost}
