"""A canary is rolled back by what it shows. A step that sees a handful of requests shows nothing, however bad it is.

The rule that ends a canary looks from `LEAST_REQUESTS` on, and acts when even the lower end of the Wilson interval is
over its bound. So a step has to see at least n requests, n the smallest number at which an error rate of three times
the bound is sure (z = 1.96; the real rule is a little stricter, for it looks many times).
"""

from collections.abc import Iterator

from mlwright.architect.context import Context, Served
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit
from mlwright.serving import LEAST_REQUESTS, wilson

_DAY = 86_400.0
_WORSE = 3.0


def requests_needed(bound: float) -> int:
    """Requests after which an error rate of three times the bound is surely above it."""
    rate = min(1.0, _WORSE * bound)
    needed = LEAST_REQUESTS
    while needed < 1_000_000 and wilson(round(rate * needed), needed, 1.96)[0] <= bound:
        needed = max(needed + 1, needed * 21 // 20)
    return needed


def _check(context: Context) -> Iterator[Found]:
    for served in context.served():
        limit = served.endpoint.rollout.abort_if.get("error_rate")
        if limit is not None and len(served.endpoint.rollout.steps) > 1:
            yield from _first_step(served, limit.value)


def _first_step(served: Served, bound: float) -> Iterator[Found]:
    traffic, steps = served.endpoint.traffic, served.endpoint.rollout.steps
    new = traffic.requests * (1 - traffic.repeats) * _DAY
    needed, seen = requests_needed(bound), new * steps[0]
    if seen >= needed:
        return
    enough = min(0.5, -(-needed * 100 // max(1.0, new)) / 100)
    later = [step for step in steps if step > enough]
    patch = ", ".join(f"{step * 100:g}%" for step in [enough, *later])
    yield Found(
        f"{served.path}.rollout.steps",
        f"a step of {steps[0]:.0%} sees {seen:.0f} requests a day; to be sure of an error rate of {_WORSE:g} x"
        f" {bound:.1%} it needs {needed}, that is {needed / max(seen, 1e-9):.0f} days",
        (Edit(f"{served.path}.rollout.steps", f"[{patch}]"),),
    )


RULE = Rule("SRV011", "warning", "the canary sees too few requests to be rolled back", "Wilson 1927", _check)
