"""The pulse of the runs of this process: hands their points to the store, and shows others that they live."""

import logging
import threading
import time

from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import MlwrightError
from mlwright.tracking import tables
from mlwright.tracking.active import ActiveRun

_EVERY = 1.0  # seconds between two hand-overs
_SIGN = 30.0  # seconds between two signs of life
_log = logging.getLogger("mlwright.tracking")


class Pulse:
    """One thread while runs are active, none otherwise."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._runs: set[ActiveRun] = set()
        self._lock = threading.Lock()
        self._quiet: threading.Event | None = None  # of the thread that beats now

    def add(self, run: ActiveRun) -> None:
        with self._lock:
            self._runs.add(run)
            if self._quiet is None:
                self._quiet = threading.Event()
                threading.Thread(target=self._beat, args=(self._quiet,), name="mlwright-runs", daemon=True).start()

    def drop(self, run: ActiveRun) -> None:
        with self._lock:
            self._runs.discard(run)
            if not self._runs and self._quiet is not None:
                self._quiet.set()
                self._quiet = None

    def hand_over(self) -> None:
        """Make what was logged so far readable."""
        with self._lock:
            runs = list(self._runs)
        for run in runs:
            run.hand_over()
        if runs:
            self._kernel.store.flush()

    def _beat(self, quiet: threading.Event) -> None:
        signed = time.monotonic()
        while not quiet.wait(_EVERY):
            with self._lock:
                runs = list(self._runs)
            try:
                for run in runs:
                    run.hand_over()
                if time.monotonic() - signed >= _SIGN:
                    signed = time.monotonic()
                    tables.seen(self._kernel.store, (run.ref.id for run in runs), self._kernel.clock.now())
            except MlwrightError:
                _log.exception("metrics could not be handed to the store")
