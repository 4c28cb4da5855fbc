"""The nouns of tracking."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mlwright.kernel.ids import Ref

State = Literal["running", "finished", "failed", "killed"]


@dataclass(frozen=True, slots=True)
class Run:
    """One recorded piece of work. `kind` says which (`index`, `eval`, `train`, …); `metrics` are the last values."""

    ref: Ref
    name: str
    kind: str
    experiment: str
    state: State
    started: datetime
    ended: datetime | None
    commit: str
    dirty: bool
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    environment: Mapping[str, str]
    error: str


@dataclass(frozen=True, slots=True)
class MetricPoint:
    name: str
    value: float
    step: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file of a run: its path inside the run, and the blob that holds it."""

    path: str
    sha256: str
    size: int
