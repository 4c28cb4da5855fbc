"""A circuit breaker: a model that keeps failing is left alone for a while, then tried with a single request."""

from collections import deque
from collections.abc import Callable
from time import monotonic

_WINDOW = 20
_LEAST = 5
_SHARE = 0.5
_REST_S = 10.0


class Breaker:
    """Closed while less than half of the last 20 calls failed (judged from 5 calls on). Then open: no call is let
    through for 10 seconds, or as long as the provider asked for. After that one call probes: success closes it, failure
    opens it again. A probe that never reports back (its client left) makes room for the next after the same time."""

    def __init__(self, *, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._recent: deque[bool] = deque(maxlen=_WINDOW)
        self._closed_from: float | None = None
        self._rest = _REST_S

    @property
    def open(self) -> bool:
        return self._closed_from is not None

    def wait(self) -> float:
        """Seconds until a call may go through; 0 where it may now."""
        return max(0.0, self._closed_from - self._now()) if self._closed_from is not None else 0.0

    def admit(self) -> bool:
        """May a call go through now? Whoever is told so reports with `succeeded` or `failed`."""
        if self._closed_from is None:
            return True
        if self._now() < self._closed_from:
            return False
        self._closed_from = self._now() + self._rest  # this call is the probe; the others wait for it
        return True

    def succeeded(self) -> None:
        if self._closed_from is not None:
            self._recent.clear()
            self._closed_from = None
        self._recent.append(True)

    def failed(self, retry_after: float | None = None) -> None:
        self._recent.append(False)
        failures = self._recent.count(False)
        if self.open or (len(self._recent) >= _LEAST and failures >= _SHARE * len(self._recent)):
            self._rest = max(_REST_S, retry_after or 0.0)
            self._closed_from = self._now() + self._rest
