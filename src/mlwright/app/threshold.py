"""Calibrating: the walk from an eval set through the index to the least cosine at which something counts as found.

Each example that names its documents is asked twice over: as it stands, and as if those documents were missing, when
the nearest passage is a near miss. Unanswerable examples are asked as they stand. A threshold is good where it stops
many of the second kind and loses few of the first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlwright.app.evaluate import set_named
from mlwright.app.joined import Joined
from mlwright.blueprint import Edit, as_diff, edited
from mlwright.evals import EvalDataset, EvalExample, Interval, dataset, interval
from mlwright.kernel.errors import UserError
from mlwright.kernel.files import write_atomically
from mlwright.kernel.progress import Progress
from mlwright.rag import Rag

_EVERYTHING = {"fuse": "vector", "min_score": -1.0, "top": 200, "keep": 100, "duplicates": 1.0, "rerank": False}
_SHOWN = (0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8)
_FINE = 100
"""Thresholds are hundredths."""


@dataclass(frozen=True, slots=True)
class Level:
    """One threshold: which share of the answerable questions it loses, and which share of the others it stops."""

    min_score: float
    lost: Interval
    stopped: Interval


@dataclass(frozen=True, slots=True)
class Calibrated:
    """`current` is the threshold of the blueprint, `proposed` the highest one that loses at most `lose` of the
    answerable questions. `auc` is the probability that an answerable question has a nearer passage than another one
    (Hanley and McNeil 1982), 0.5 where cosines say nothing. `diff` is the change of the file, empty where none is
    needed."""

    pipeline: str
    set: str
    answerable: int
    near_misses: int
    unanswerable: int
    lose: float
    auc: float
    current: Level
    proposed: Level
    levels: tuple[Level, ...]
    diff: str
    applied: bool


async def threshold(
    app: Joined, pipeline: str, *, set_name: str, lose: float, apply: bool, progress: Progress
) -> Calibrated:
    """Measure the cosines and propose. Raises UserError where no set can say, or the pipeline asks no vectors."""
    rag = app.pipeline(pipeline)
    if rag.spec.retrieve.fuse == "keyword":
        raise UserError(
            f"{rag.name} searches by words alone, and min_score is a cosine",
            hint="set retrieve.fuse to convex, rrf or vector first",
        )
    asked = _asked(app, set_name)
    found, missed, foreign = await _cosines(rag, asked, progress)
    others = [*missed, *foreign]
    now = rag.spec.retrieve.min_score
    best = _highest(found, lose)
    text = app.path.read_text(encoding="utf-8")
    path = f"rag.{rag.name}.retrieve.min_score"
    after = text if best == now else edited(text, (Edit(path, f"{best:g}"),))
    if apply and after != text:
        write_atomically(app.path, after.encode())
    return Calibrated(
        pipeline=rag.name,
        set=asked.name,
        answerable=len(found),
        near_misses=len(missed),
        unanswerable=len(foreign),
        lose=lose,
        auc=_auc(found, others),
        current=_level(now, found, others),
        proposed=_level(best, found, others),
        levels=tuple(_level(one, found, others) for one in sorted({*_SHOWN, now, best})),
        diff=as_diff(text, after, app.path.name, "calibrated"),
        applied=apply and after != text,
    )


def _asked(app: Joined, set_name: str) -> EvalDataset:
    whole = set_named(app, set_name, "to calibrate on")
    useful = tuple(one for one in whole.examples if one.relevant or one.unanswerable)
    if sum(bool(one.relevant) for one in useful) < 2:
        raise UserError(
            f"set {whole.name!r} has fewer than two examples that name what is relevant",
            hint="add `relevant` to its examples",
        )
    return dataset(whole.name, useful)


async def _cosines(rag: Rag, asked: EvalDataset, progress: Progress) -> tuple[list[float], list[float], list[float]]:
    """The nearest cosine of each answerable question, of the same without its documents, and of unanswerable ones."""
    found, missed, foreign = list[float](), list[float](), list[float]()
    task = f"calibrate {rag.name}"
    progress.start(task, len(asked.examples))
    try:
        for example in asked.examples:
            nearest, beside = await _nearest(rag, example)
            if example.unanswerable:
                foreign += [nearest] if nearest is not None else []
            else:
                found.append(-1.0 if nearest is None else nearest)
                missed += [beside] if beside is not None else []
            progress.step(task)
    finally:
        progress.end(task)
    return found, missed, foreign


async def _nearest(rag: Rag, example: EvalExample) -> tuple[float | None, float | None]:
    """The nearest cosine of all passages, and of those outside the documents that answer; None where there are none."""
    named = {one.document for one in example.relevant}
    hits = (await rag.retrieve(example.input, settings=_EVERYTHING)).hits
    cosines = [(hit.vector, hit.chunk.key in named) for hit in hits if hit.vector is not None]
    return (
        max((cosine for cosine, _ in cosines), default=None),
        max((cosine for cosine, inside in cosines if not inside), default=None),
    )


def _highest(found: Sequence[float], lose: float) -> float:
    """The highest hundredth below which at most the share `lose` of the cosines lies."""
    allowed = math.floor(lose * len(found) + 1e-9)
    return math.floor(sorted(found)[min(allowed, len(found) - 1)] * _FINE) / _FINE


def _level(at: float, found: Sequence[float], others: Sequence[float]) -> Level:
    nothing = Interval(0.0, 0.0, 1.0, 0)
    return Level(
        at,
        interval([float(cosine < at) for cosine in found]),
        interval([float(cosine < at) for cosine in others]) if others else nothing,
    )


def _auc(found: Sequence[float], others: Sequence[float]) -> float:
    if not others:
        return 0.5
    wins = sum((one > other) + (one == other) / 2 for one in found for other in others)
    return wins / (len(found) * len(others))
