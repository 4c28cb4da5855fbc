"""From the `tracking` section to the object that keeps the runs."""

from pathlib import Path

from mlwright.kernel.base import Kernel
from mlwright.tracking.runs import Tracking
from mlwright.tracking.spec import TrackingSpec


def build_tracking(spec: TrackingSpec, kernel: Kernel, *, system: str, base: Path) -> Tracking:
    """`system` names the experiment where the section does not; `base` is the folder of the blueprint."""
    kernel.store.migrate("mlwright.tracking")
    return Tracking(kernel, experiment=spec.experiment or system, base=base, with_environment=spec.environment)
