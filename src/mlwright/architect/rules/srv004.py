"""A time limit above the promise is none: a slow first model breaks the promise before a fallback can start."""

from collections.abc import Iterator

from mlwright.architect.context import Context, Served
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit
from mlwright.serving import longest_answer


def _check(context: Context) -> Iterator[Found]:
    for served in context.served():
        promise, limits = served.endpoint.slo.p95, served.endpoint.limits
        if promise is None:
            continue
        first = (limits.retries + 1) * limits.timeout
        chain = longest_answer(served.endpoint)
        if first > promise:
            yield _too_long(served, first, promise)
        elif chain > promise:
            yield Found(
                f"{served.path}.limits.timeout",
                f"every model of the chain takes up to {limits.retries + 1} x {limits.timeout:g} s, all {chain:.1f} s"
                f" together in the worst case; slo.p95 is {promise:g} s",
                severity="info",
            )


def _too_long(served: Served, first: float, promise: float) -> Found:
    limits = served.endpoint.limits
    fits = max(0.1, round(promise * 0.75, 1))
    edits = [Edit(f"{served.path}.limits.timeout", f"{fits:g}s")]
    if limits.retries:
        edits.append(Edit(f"{served.path}.limits.retries", "0"))
    return Found(
        f"{served.path}.limits.timeout",
        f"{limits.retries + 1} x {limits.timeout:g} s = {first:g} s on the first model alone, and slo.p95 is"
        f" {promise:g} s: a slow model cannot be replaced in time",
        tuple(edits),
    )


RULE = Rule(
    "SRV004", "warning", "timeouts and retries exceed the promise", "arithmetic on limits, fallback, slo", _check
)
