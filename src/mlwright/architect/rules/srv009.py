"""A limit that one caller cannot reach before everybody else has to wait is none; nor is one that lets a question in
which leaves no room for a passage."""

from collections.abc import Iterator

from mlwright.architect.context import Context, Served
from mlwright.architect.estimates import CHARACTERS_PER_TOKEN, PER_PASSAGE
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit
from mlwright.kernel.units import written_rate

_OF_ONE = 0.25
"""The share of an endpoint that one caller may take, where a patch has to choose."""


def _check(context: Context) -> Iterator[Found]:
    for served in context.served():
        yield from _rate(context, served)
        yield from _input(context, served)


def _rate(context: Context, served: Served) -> Iterator[Found]:
    rate, answers = served.endpoint.limits.rate, _answers(context, served)
    if answers is None or rate <= answers:
        return
    fits = max(1, int(answers * _OF_ONE * 60))
    yield Found(
        f"{served.path}.limits.rate",
        f"one caller may ask {written_rate(rate)}, and all {served.endpoint.limits.concurrency} places together answer"
        f" at most about {answers:.3g} requests/s: one caller can shut everybody out",
        (Edit(f"{served.path}.limits.rate", f"{fits}/min"),),
    )


def _answers(context: Context, served: Served) -> float | None:
    """Requests a second that the places can bear, from the plan of the busiest minute; None where it says nothing."""
    traffic, cached = served.endpoint.traffic, served.endpoint.cache.exact is not None
    latency = next((one for one in context.plan.latencies if one.endpoint == served.name), None)
    if latency is None or traffic.trace is not None or not latency.utilisation.likely:
        return None
    return traffic.requests * traffic.peak * (1 - traffic.repeats * cached) / latency.utilisation.likely


def _input(context: Context, served: Served) -> Iterator[Found]:
    budget, prompt = served.spec.generate.context, context.prompt_tokens(served.pipeline)
    longest = round(served.endpoint.limits.input / CHARACTERS_PER_TOKEN)
    if longest + prompt < budget:
        return
    room = budget - prompt - served.spec.chunk.facts().shown - PER_PASSAGE
    fits = int(room * CHARACTERS_PER_TOKEN) // 100 * 100
    path = f"{served.path}.limits.input"
    yield Found(
        path,
        f"a question of {served.endpoint.limits.input:,} characters is about {longest:,} tokens; with the prompt"
        f" ({prompt}) it leaves no room for a passage in the budget of {budget:,}",
        (Edit(path, f"{fits} chars"),) if fits > 0 else (),
    )


RULE = Rule("SRV009", "error", "a limit that limits nothing", "OWASP LLM10:2025 unbounded consumption", _check)
