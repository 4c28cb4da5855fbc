"""Metrics as Prometheus reads them (text exposition format 0.0.4)."""

from collections.abc import Iterator, Mapping

from mlwright.serving import BUCKETS, Histogram, Meters


def exposition(meters: Meters) -> str:
    """All meters of a process as one page."""
    return "\n".join([*_lines(meters), ""])


def _lines(meters: Meters) -> Iterator[str]:
    yield from _head("mlwright_requests_total", "counter", "Requests by endpoint and outcome.")
    for (endpoint, outcome), count in sorted(meters.requests.items()):
        yield f"mlwright_requests_total{_labels(endpoint=endpoint, outcome=outcome)} {count}"
    yield from _head("mlwright_requests_in_flight", "gauge", "Requests that are being answered now.")
    for endpoint, count in sorted(meters.in_flight.items()):
        yield f"mlwright_requests_in_flight{_labels(endpoint=endpoint)} {count}"
    yield from _head("mlwright_cost_usd_total", "counter", "What answers have cost, in USD, where there is a price.")
    for endpoint, usd in sorted(meters.cost.items()):
        yield f"mlwright_cost_usd_total{_labels(endpoint=endpoint)} {usd!r}"
    yield from _histograms("mlwright_request_seconds", "Seconds per request.", meters.seconds)
    yield from _histograms("mlwright_first_token_seconds", "Seconds to the first token.", meters.first_token)


def _head(name: str, kind: str, help_: str) -> tuple[str, str]:
    return f"# HELP {name} {help_}", f"# TYPE {name} {kind}"


def _histograms(name: str, help_: str, histograms: Mapping[str, Histogram]) -> Iterator[str]:
    yield from _head(name, "histogram", help_)
    for endpoint, histogram in sorted(histograms.items()):
        total = 0
        for bound, count in zip((*BUCKETS, "+Inf"), histogram.counts, strict=True):
            total += count
            yield f"{name}_bucket{_labels(endpoint=endpoint, le=str(bound))} {total}"
        yield f"{name}_sum{_labels(endpoint=endpoint)} {histogram.sum!r}"
        yield f"{name}_count{_labels(endpoint=endpoint)} {total}"


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
