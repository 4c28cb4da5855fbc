"""Waiting for others that hold a lock."""

import time
from collections.abc import Callable
from typing import TypeVar

from mlwright.kernel.errors import Conflict

T = TypeVar("T")
PATIENCE_S = 600.0
"""What a job waits for an ingest of somebody else."""
TICK_S = 0.1


def unstoppable() -> None:
    """Where nobody can ask to stop."""


def patiently(work: Callable[[], T], seconds: float, check: Callable[[], None] = unstoppable) -> T:
    """What `work` gives once nobody is in its way; `check` may stop the waiting. Raises Conflict where that takes too
    long."""
    until = time.monotonic() + seconds
    while True:
        try:
            return work()
        except Conflict:
            if time.monotonic() > until:
                raise
        check()
        time.sleep(TICK_S)
