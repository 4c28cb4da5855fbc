"""Above 80 % of its places a queue grows much faster than the load; a plan made for less no longer holds."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit

_MOST = 0.8


def _check(context: Context) -> Iterator[Found]:
    for latency in context.plan.latencies:
        load = latency.utilisation.likely
        if load <= _MOST:
            continue
        path = f"serving.endpoints.{latency.endpoint}.limits.concurrency"
        enough = round(latency.slots * load / 0.7 + 0.5)
        yield Found(
            path,
            f"in the busiest minute {load:.0%} of {latency.slots} places are taken ({latency.formula})",
            (Edit(path, str(enough)),),
        )


RULE = Rule("SRV010", "warning", "too few places at peak", "Little's law; waiting grows with 1 / (1 - load)", _check)
