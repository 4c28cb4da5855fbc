"""Opens a workspace: the kernel that every room is given."""

from pathlib import Path

from mlwright.kernel.base import Kernel
from mlwright.kernel.blobs import open_blobs
from mlwright.kernel.clock import Clock, SystemClock
from mlwright.kernel.errors import ProviderError
from mlwright.kernel.jobs import Jobs
from mlwright.kernel.lineage import Lineage
from mlwright.kernel.spans import Spans
from mlwright.kernel.store import open_store

STORE = "mlwright.db"
"""The embedded store, in the folder of the workspace."""


def open_kernel(
    home: Path, *, store: str | None = None, blobs: str | None = None, clock: Clock | None = None
) -> Kernel:
    """Open the workspace in the folder `home`, which is made if need be.

    `store` and `blobs` are addresses as `open_store` and `open_blobs` take them; without one, both live in `home`.
    The caller closes `kernel.store`. Raises ProviderError where the folder cannot be made.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProviderError(
            f"the workspace {home} cannot be made: {error.strerror}", hint="choose a folder that you may write to"
        ) from error
    clock = clock or SystemClock()
    database = open_store(store or home / STORE, clock)
    try:
        database.migrate("mlwright.kernel")
        return Kernel(
            home=home,
            store=database,
            blobs=open_blobs(blobs or home / "blobs"),
            lineage=Lineage(database),
            jobs=Jobs(database, clock),
            spans=Spans(database, clock),
            clock=clock,
        )
    except BaseException:
        database.close()
        raise
