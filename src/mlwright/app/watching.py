"""Watching: looks at the sources again and again, and brings the indexes in line once what changed holds still."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from mlwright.app import indexes
from mlwright.app.joined import Joined
from mlwright.data import Dataset
from mlwright.kernel import aio
from mlwright.kernel.errors import Conflict, MlwrightError
from mlwright.kernel.progress import Progress
from mlwright.rag import IndexReport

Look = frozenset[tuple[str, str]]
"""The keys of a source and the stamps of their files, as they were seen."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round brought in; or what was wrong with it, in which case it is tried again."""

    source: str
    dataset: Dataset | None = None
    indexes: tuple[IndexReport, ...] = ()
    error: MlwrightError | None = None


def watch(app: Joined, every: float, progress: Progress) -> Iterator[Round]:
    """Yields each round that changed something or failed anew, for ever. A file is taken when two looks, `every`
    seconds apart, see the same of it, so that one which is still being written is left alone; the first look takes
    what is there."""
    taken, seen, failed = dict[str, Look](), dict[str, Look](), dict[str, str]()
    while True:
        for source in app.blueprint.data.sources:
            for done in _look(app, source, taken, seen, progress):
                told = done.error.message if done.error else ""
                if not told or told != failed.get(source):
                    yield done
                failed[source] = told
        time.sleep(every)


def _look(
    app: Joined, source: str, taken: dict[str, Look], seen: dict[str, Look], progress: Progress
) -> Iterator[Round]:
    try:
        now = app.data.look(source)
        still, seen[source] = now == seen.get(source, now), now
        if now == taken.get(source) or not still:
            return
        before = app.data.latest(source).ref if source in taken else None
        dataset = app.data.ingest(source, progress)
        readers = [rag for rag in app.rag.values() if rag.spec.documents == source]
        reports = tuple(aio.run(rag.ingest(progress)) for rag in readers)
        indexes.tidy(app)
    except Conflict:
        return  # another process is at it: the next look sees what it made
    except MlwrightError as error:
        yield Round(source, error=error)
        return
    taken[source] = now
    if dataset.ref != before:
        yield Round(source, dataset, reports)
