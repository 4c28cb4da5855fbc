"""Checking an index in the background: a job reads all of it, and its run keeps what was found."""

import json
from dataclasses import dataclass
from datetime import datetime

from mlwright.app import indexes
from mlwright.app.joined import Joined
from mlwright.app.patience import PATIENCE_S
from mlwright.kernel.ids import Ref
from mlwright.kernel.jobs import Attempt
from mlwright.rag import Damage

JOB = "verify"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check found, of which version of the index, and when it ended."""

    run: Ref
    index: Ref
    at: datetime
    damages: tuple[Damage, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """The last check of an index, None where there was none; whether one is under way; and what the latest job died of
    where it did."""

    last: Verified | None
    under_way: bool
    error: str


def handle(app: Joined) -> None:
    """Say what the job does."""
    app.kernel.jobs.handle(JOB, lambda attempt: _verify(app, attempt))


def enqueue(app: Joined, pipeline: str) -> Ref:
    """Have an index checked in the background; one job for each at a time."""
    name = app.pipeline(pipeline).name
    return app.kernel.jobs.enqueue(JOB, {"pipeline": name}, key=f"{JOB} {name}")


def state(app: Joined, pipeline: str) -> Verification:
    """Where the checks of an index stand."""
    name = app.pipeline(pipeline).name
    jobs = [job for job in app.kernel.jobs.jobs(name=JOB) if job.payload.get("pipeline") == name]
    latest = jobs[0].state if jobs else ""
    return Verification(
        last=_last(app, name),
        under_way=latest in ("waiting", "running"),
        error=jobs[0].error if latest == "dead" else "",
    )


def _last(app: Joined, pipeline: str) -> Verified | None:
    """As its run has kept it."""
    for run in app.tracking.runs(kind="verify"):
        if run.name != indexes.run_of(pipeline) or run.ended is None:
            continue
        if indexes.FOUND in {artifact.path for artifact in app.tracking.artifacts(run.ref)}:
            found = json.loads(app.tracking.read(run.ref, indexes.FOUND))
            damages = tuple(Damage(place, problem) for place, problem in found["damages"])
            return Verified(run.ref, Ref.parse(found["index"]), run.ended, damages)
    return None


def _verify(app: Joined, attempt: Attempt) -> None:
    """Once no ingest is at work on the index."""
    pipeline = str(attempt.payload["pipeline"])
    indexes.verify(app, pipeline, patience=PATIENCE_S, check=attempt.check)
