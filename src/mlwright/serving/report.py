"""Report: an endpoint over a window of time, from its request log."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from math import ceil

from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import stamp
from mlwright.serving import tables
from mlwright.serving.types import EndpointReport, RequestLog

_AT_MOST = 100_000
_SERVED = ("ok", "cached", "fallback")


def report(kernel: Kernel, endpoint: str, window: timedelta) -> EndpointReport:
    """Counts and percentiles over the last `window`, at most its newest 100,000 requests.

    Percentiles are over answered requests, cached ones included; `unpriced` counts answers that have no price, which
    `cost` therefore lacks. Requests refused at the door are not in the log."""
    since = stamp(kernel.clock.now() - window)
    kernel.store.flush()
    logs = tables.requests(kernel.store, endpoint=endpoint, since=since, limit=_AT_MOST)
    served = [log for log in logs if log.outcome in _SERVED]
    seconds = sorted(log.seconds for log in served)
    first = sorted(log.first_token for log in served if log.first_token is not None)
    outcomes = Counter(log.outcome for log in logs)
    up, down = tables.thumbs(kernel.store, endpoint, since)
    return EndpointReport(
        endpoint=endpoint,
        requests=len(logs),
        errors=outcomes["error"],
        cached=outcomes["cached"],
        fallbacks=outcomes["fallback"],
        p50=percentile(seconds, 0.50),
        p95=percentile(seconds, 0.95),
        p99=percentile(seconds, 0.99),
        first_token_p95=percentile(first, 0.95),
        cost=sum(log.cost or 0.0 for log in logs),
        unpriced=sum(log.cost is None for log in served),
        thumbs_up=up,
        thumbs_down=down,
        by_release=_by_release(logs),
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest of the sorted values that at least this share of them does not exceed; None of nothing."""
    return values[max(0, ceil(share * len(values)) - 1)] if values else None


def _by_release(logs: Sequence[RequestLog]) -> dict[str, int]:
    return dict(Counter(str(log.release) for log in logs))
