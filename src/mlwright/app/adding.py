"""Adding and removing documents while the system runs: an upload is kept at once, a job makes it searchable."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mlwright.app.joined import Joined
from mlwright.app.patience import PATIENCE_S, TICK_S, patiently
from mlwright.data import Upload
from mlwright.kernel import aio
from mlwright.kernel.errors import Conflict, NotFound, TransientError
from mlwright.kernel.ids import Ref
from mlwright.kernel.jobs import Attempt
from mlwright.rag import Rag

JOB = "ingest"
State = Literal["queued", "parsed", "searchable", "quarantined", "failed"]
_AT_ONCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Added:
    """An upload and how far it is: `queued` until it is read, `parsed` when its text is known, `searchable` when
    answers can use it. `quarantined` and `failed` say why in `message`, with what to do in `hint`."""

    document: Ref
    version: Ref
    source: str
    key: str
    size: int
    at: datetime
    state: State
    reason: str = ""
    message: str = ""
    hint: str = ""

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]

    @property
    def settled(self) -> bool:
        """Will nothing more happen to it by itself?"""
        return self.state not in ("queued", "parsed")


def handle(app: Joined) -> None:
    """Say what the job does, and when it comes round by itself; `work` of the workspace, or `run_pending` of its jobs,
    then does it."""
    app.kernel.jobs.handle(JOB, lambda attempt: _ingest(app, attempt))
    for name, source in app.blueprint.data.sources.items():
        if source.schedule:
            app.kernel.jobs.cron(f"refresh {name}", source.schedule, JOB, {"source": name, "again": True})
        else:
            app.kernel.jobs.drop_cron(f"refresh {name}")


def add(app: Joined, files: Iterable[tuple[str, bytes]], source: str) -> tuple[list[Upload], Ref]:
    """Keep the files and enqueue the work; both are durable when it returns."""
    name = source or source_of(app)
    return app.data.add(name, files), enqueue(app, name)


def enqueue(app: Joined, source: str, *, again: bool = False) -> Ref:
    """Have a source read in the background; `again` also where nothing seems to be new."""
    return app.kernel.jobs.enqueue(JOB, {"source": source, "again": again})


def retry(app: Joined, source: str, keys: Collection[str] | None) -> int:
    """Take files out of the quarantine and have them tried again; how many."""
    freed = app.data.replay(source, keys)
    if freed:
        enqueue(app, source, again=True)
    return freed


def remove(app: Joined, document: Ref) -> Upload:
    """Take an uploaded document away. When this returns, no answer and no cache holds it, unless another ingest was at
    work all the while: then the job that is enqueued takes it out. Raises NotFound where it was not uploaded."""
    gone = app.data.remove(document)
    job = enqueue(app, gone.source)
    with suppress(Conflict):
        patiently(lambda: _bring_in_line(app, gone.source), _AT_ONCE_S)
        app.kernel.jobs.cancel(job)
    return gone


def settle(app: Joined, job: Ref) -> None:
    """Wait until a job has ended, and do it here where no worker does. Raises TransientError where it failed."""
    while (state := app.kernel.jobs.job(job).state) in ("waiting", "running"):
        if not app.kernel.jobs.run_pending():
            time.sleep(TICK_S)
    if state == "dead":
        raise TransientError(f"the documents were kept, and not ingested: {app.kernel.jobs.job(job).error}")


def states(app: Joined, source: str = "") -> list[Added]:
    """Every upload, the latest first, with its state in the first pipeline that reads its source."""
    found: list[Added] = []
    for name in [source] if source else app.blueprint.data.sources:
        uploads = app.data.uploads(name)
        if uploads:
            refused = {row.key: row for row in app.data.quarantined(name)}
            rag = next(iter(_readers(app.rag, name)), None)
            failed = _failure(app, name)
            for upload in uploads:
                row = refused.get(upload.key)
                if row is not None and row.sha256 in ("", upload.sha256):
                    found.append(_told(upload, "quarantined", row.reason, row.message, row.hint))
                else:
                    found.append(_state(rag, upload, failed))
    return sorted(found, key=lambda one: (one.at, one.key), reverse=True)


def source_of(app: Joined, pipeline: str = "") -> str:
    """The source that uploads go to: the one of a pipeline, the first one where none is named."""
    return app.pipeline(pipeline).spec.documents


def _state(rag: Rag | None, upload: Upload, failed: str) -> Added:
    if rag is None:
        return _told(upload, "queued", message="no pipeline reads this source")
    if rag.holds(upload.version):
        return _told(upload, "searchable")
    if rag.knows(upload.version):
        return _told(upload, "parsed")
    return _told(upload, "failed", "ingest failed", failed) if failed else _told(upload, "queued")


def _told(upload: Upload, state: State, reason: str = "", message: str = "", hint: str = "") -> Added:
    return Added(
        upload.document, upload.version, upload.source, upload.key, upload.size, upload.at, state, reason, message, hint
    )


def _failure(app: Joined, source: str) -> str:
    """What the latest ingest of a source died of, where no later one is on its way."""
    for job in app.kernel.jobs.jobs(name=JOB, limit=50):
        if job.payload.get("source") == source and job.state != "cancelled":
            return job.error if job.state == "dead" else ""
    return ""


def _ingest(app: Joined, attempt: Attempt) -> None:
    """Bring a source and everything that reads it in line; nothing where an earlier job did so already."""
    source = str(attempt.payload["source"])
    rags = _everywhere(app, source)
    if attempt.payload.get("again") or app.data.pending(source) or any(rag.report().stale for rag in rags):
        patiently(lambda: _bring_in_line(app, source), PATIENCE_S, attempt.check)


def _bring_in_line(app: Joined, source: str) -> None:
    app.data.ingest(source)
    for rag in _everywhere(app, source):
        aio.run(rag.ingest())


def _everywhere(app: Joined, source: str) -> Sequence[Rag]:
    """The pipelines that read a source: those of the blueprint, and those of releases that serve now."""
    serving = [now for name in app.blueprint.serving.endpoints if (now := app.serving.traffic(name))]
    releases = dict.fromkeys([app.release, *(ref for now in serving for ref in (now.stable, now.canary) if ref)])
    found: dict[str, Rag] = {}
    for release in releases:
        with suppress(NotFound):  # one whose source is gone from the file serves what its index holds
            for rag in _readers(app.releases.pipelines(release).rags, source):
                found.setdefault(rag.shelf_name, rag)
    return list(found.values())


def _readers(rags: Mapping[str, Rag], source: str) -> list[Rag]:
    return [rag for rag in rags.values() if rag.spec.documents == source]
