"""A fallback is code that runs only on bad days. Without a drill its first run is the outage."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    for served in context.served():
        exercised = context.records.exercised.get(served.name)
        if exercised is None or exercised.stable is None or not served.endpoint.fallback:
            continue
        if not context.chat(served.spec.generate.model).embedded and not exercised.fallbacks:
            yield Found(
                f"{served.path}.fallback",
                f"none of {exercised.requests:,} requests was ever answered by {', '.join(served.endpoint.fallback)}:"
                " let the first model fail once on purpose (a wrong key or address), and ask",
            )


RULE = Rule(
    "SRV003", "warning", "the fallback was never used", "Beyer et al. 2016 (Site Reliability Engineering), ch. 22",
    _check, reads="records", softens=True,
)  # fmt: skip
