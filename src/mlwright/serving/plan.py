"""What serving adds to a plan: the steps of a request with places and time limits, and what the log will weigh."""

from mlwright.kernel.plan import CapacityStep, Range, StorageLine
from mlwright.serving.spec import TOP_PASSAGES, EndpointSpec, ServingSpec

_GATEWAY_S = Range(0.0004, 0.0008, 0.003)  # CPU of our own per request; benchmarks/gateway.py prints it
LOG_BYTES = Range(4_000, 8_000, 14_000)
"""What a request leaves in the store: its log, answer, spans and lineage (measured: 8 kB with 6 passages)."""
_CACHE_BYTES = Range(1_000, 3_000, 10_000)
_MONTH_S = 2_629_800.0


def capacity(name: str, endpoint: EndpointSpec, model: Range) -> list[CapacityStep]:
    """The steps of a request to an endpoint, in order. `model` is what one answer takes, in seconds, and comes from who
    knows the model; a retry or fallback can repeat it, so the limit of that step is that of the whole chain."""
    limits = endpoint.limits
    return [
        CapacityStep(f"{name}: gateway", _GATEWAY_S),
        CapacityStep(f"{name}: queue", Range(0.0, 0.0, limits.queue), timeout=limits.queue),
        CapacityStep(f"{name}: answer", model, slots=limits.concurrency, timeout=longest_answer(endpoint)),
    ]


def longest_answer(endpoint: EndpointSpec) -> float:
    """Seconds that a request may take in the worst case after the queue: every try of every model in the chain times
    out, with the longest waits between them. A rule at its end asks no model."""
    models = 1 + sum(name != TOP_PASSAGES for name in endpoint.fallback)
    limits, tries = endpoint.limits, endpoint.limits.retries + 1
    waits = sum(min(8.0, 0.1 * 2.0**attempt) for attempt in range(limits.retries))
    return models * (tries * limits.timeout + waits)


def storage(spec: ServingSpec) -> list[StorageLine]:
    """Bytes a month of what requests leave behind, and bytes of the cache while its answers live."""
    lines = []
    for name, endpoint in spec.endpoints.items():
        path, rate = f"serving.endpoints.{name}", endpoint.traffic.requests
        month = rate * _MONTH_S
        lines.append(
            StorageLine(
                f"{path}.traffic",
                "requests, answers and spans, per month",
                LOG_BYTES * month,
                f"{month:,.0f} requests x 8 kB",
            )
        )
        if endpoint.cache.exact:
            kept = rate * endpoint.cache.exact * (1 - endpoint.traffic.repeats)
            formula = f"{rate:.3g}/s x {endpoint.cache.exact:,.0f} s x {1 - endpoint.traffic.repeats:.0%} new x 3 kB"
            lines.append(StorageLine(f"{path}.cache", "cached answers", _CACHE_BYTES * kept, formula))
    return lines
