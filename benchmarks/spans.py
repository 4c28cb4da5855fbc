"""What a span costs the request that it is about: CPU of the caller, beside OpenTelemetry's where installed.

    python benchmarks/spans.py [spans]

A request is one trace of eight spans with five attributes each, written to SQLite behind the request's back. The peer
is the OpenTelemetry SDK with a BatchSpanProcessor that exports to nowhere, so it does less. Both alternate in one run.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mlwright.kernel.open import open_kernel

ATTRIBUTES = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 180,
    "operation.cost": 0.0004,
}
CHILDREN = 7
ROUNDS = 5


def main() -> None:
    spans = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
    with tempfile.TemporaryDirectory() as folder:
        kernel = open_kernel(Path(folder))

        def ours() -> None:
            with kernel.spans.span("request", ATTRIBUTES):
                for _ in range(CHILDREN):
                    with kernel.spans.span("chat", ATTRIBUTES):
                        pass

        def alone() -> None:
            for _ in range(CHILDREN + 1):
                with kernel.spans.span("request", ATTRIBUTES):
                    pass

        rivals = {"mlwright, a trace of 8": ours, "mlwright, traces of 1": alone, **_opentelemetry()}
        best = {name: float("inf") for name in rivals}
        for _ in range(ROUNDS):
            for name, request in rivals.items():
                best[name] = min(best[name], _microseconds(request, spans // (CHILDREN + 1)))
                kernel.store.flush()
        kernel.store.close()
    print(f"{'spans':<28} {'us CPU per span':>16}   best of {ROUNDS} rounds of {spans:,} spans")
    for name, figure in best.items():
        print(f"{name:<28} {figure:>16.2f}")


def _microseconds(request: Callable[[], None], times: int) -> float:
    began = time.thread_time()
    for _ in range(times):
        request()
    return (time.thread_time() - began) / times / (CHILDREN + 1) * 1e6


def _opentelemetry() -> dict[str, Callable[[], None]]:
    try:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
    except ImportError:
        print("opentelemetry-sdk is not installed; no peer in this run")
        return {}

    class Nowhere(SpanExporter):
        def export(self, spans: object) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    tracer = provider.get_tracer("bench")

    def theirs() -> None:
        with tracer.start_as_current_span("request", attributes=ATTRIBUTES):
            for _ in range(CHILDREN):
                with tracer.start_as_current_span("chat", attributes=ATTRIBUTES):
                    pass

    return {"OpenTelemetry SDK": theirs}


if __name__ == "__main__":
    main()
