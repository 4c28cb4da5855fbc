"""The handful of things that every room is given."""

from dataclasses import dataclass
from pathlib import Path

from mlwright.kernel.blobs import Blobs
from mlwright.kernel.clock import Clock
from mlwright.kernel.jobs import Jobs
from mlwright.kernel.lineage import Lineage
from mlwright.kernel.spans import Spans
from mlwright.kernel.store import Store


@dataclass(frozen=True, slots=True)
class Kernel:
    """One workspace. `home` is its folder, where embedded parts may keep files of their own."""

    home: Path
    store: Store
    blobs: Blobs
    lineage: Lineage
    jobs: Jobs
    spans: Spans
    clock: Clock

    def close(self) -> None:
        """Write what is buffered and let go of the database. Harmless the second time."""
        self.spans.close()
        self.store.close()
