"""Tracking: every index build, evaluation and training is a run, with what went in and what came out."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.tracking.active import ActiveRun as ActiveRun
    from mlwright.tracking.build import build_tracking as build_tracking
    from mlwright.tracking.commit import commit_of as commit_of
    from mlwright.tracking.compare import Comparison as Comparison
    from mlwright.tracking.runs import Tracking as Tracking
    from mlwright.tracking.runs import TrackingReport as TrackingReport
    from mlwright.tracking.spec import TrackingSpec as TrackingSpec
    from mlwright.tracking.types import Artifact as Artifact
    from mlwright.tracking.types import MetricPoint as MetricPoint
    from mlwright.tracking.types import Run as Run
    from mlwright.tracking.types import State as State

__all__ = [
    "ActiveRun",
    "Artifact",
    "Comparison",
    "MetricPoint",
    "Run",
    "State",
    "Tracking",
    "TrackingReport",
    "TrackingSpec",
    "build_tracking",
    "commit_of",
]

__getattr__, __dir__ = front_door(
    __name__,
    active="ActiveRun",
    build="build_tracking",
    commit="commit_of",
    compare="Comparison",
    runs="Tracking TrackingReport",
    spec="TrackingSpec",
    types="Artifact MetricPoint Run State",
)
