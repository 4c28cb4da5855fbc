"""Watching: looks at the sources again and again, and brings in what changed as soon as it holds still."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mlwright.app import indexes
from mlwright.app.joined import Joined
from mlwright.data import Dataset
from mlwright.kernel import aio
from mlwright.kernel.errors import Conflict, MlwrightError
from mlwright.kernel.ids import Ref
from mlwright.kernel.progress import Progress
from mlwright.rag import IndexReport

_REST = 4.0
"""A rest is at least so many times as long as the look before it, so that a large folder leaves the machine free."""
Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """What one round brought in, by the keys of files (of the first round, which takes what is there, none are named);
    or what was wrong with it, in which case it is tried again."""

    source: str
    dataset: Dataset | None = None
    indexes: tuple[IndexReport, ...] = ()
    added: Keys = ()
    changed: Keys = ()
    removed: Keys = ()
    error: MlwrightError | None = None


@dataclass(slots=True)
class _Known:
    """What is known of one source: the stamps of the look before, those that were brought in, and what failed last."""

    seen: Mapping[str, str] | None = None
    taken: dict[str, str] = field(default_factory=dict)
    dataset: Ref | None = None
    failed: str = ""


def watch(app: Joined, every: float, progress: Progress) -> Iterator[Round]:
    """Yields each round that changed something or failed anew, for ever. A file is taken when two looks, `every`
    seconds apart, see the same of it; one that is still being written is left as it was, and holds up no other. What
    is gone goes at once. The first look takes what is there."""
    sources = {source: _Known() for source in app.blueprint.data.sources}
    while True:
        began = time.monotonic()
        for source, known in sources.items():
            try:
                done = _round(app, source, known, progress)
                known.failed = ""
            except Conflict:
                continue  # another process is at it: the next look sees what it made
            except MlwrightError as error:
                done = Round(source, error=error) if error.message != known.failed else None
                known.failed = error.message
            if done is not None:
                yield done
        time.sleep(max(every, _REST * (time.monotonic() - began)))


def _round(app: Joined, source: str, known: _Known, progress: Progress) -> Round | None:
    now, before = app.data.look(source), known.seen
    known.seen = now
    fresh = {key for key, stamp in now.items() if known.taken.get(key) != stamp}
    moving = set() if before is None else {key for key in fresh if before.get(key) != now[key]}
    if before is not None and fresh == moving and known.taken.keys() <= now.keys():
        return None
    if moving and now.keys() <= moving - known.taken.keys():
        return None  # all of it is still being written, and there is nothing older to show instead
    dataset = app.data.ingest(source, progress, waiting=moving)
    reports = tuple(aio.run(rag.ingest(progress)) for rag in app.rag.values() if rag.spec.documents == source)
    indexes.tidy(app)
    held = {key: known.taken[key] for key in moving & known.taken.keys()}
    known.taken = {key: stamp for key, stamp in now.items() if key not in moving} | held
    last, known.dataset = known.dataset, dataset.ref
    if last == dataset.ref and not any(one.added or one.changed or one.removed for one in reports):
        return None
    return Round(source, dataset, reports, *_difference(app, last, dataset.ref))


def _difference(app: Joined, before: Ref | None, after: Ref) -> tuple[Keys, Keys, Keys]:
    """The keys that were added, changed and removed; none where nothing is known from before."""
    if before is None or before == after:
        return (), (), ()
    was, now = ({file.key: file.sha256 for file in app.data.files(ref)} for ref in (before, after))
    return (
        tuple(sorted(now.keys() - was.keys())),
        tuple(sorted(key for key in now.keys() & was.keys() if now[key] != was[key])),
        tuple(sorted(was.keys() - now.keys())),
    )
