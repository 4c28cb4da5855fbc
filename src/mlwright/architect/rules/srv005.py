"""When a provider is down, every request becomes all its tries. mlwright waits a random, growing time before each and
never tries what cannot succeed; how many there are is said here, and they multiply."""

from collections.abc import Iterator

from mlwright.architect.context import Context, Served
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit

_MOST = 4


def _check(context: Context) -> Iterator[Found]:
    for served in context.served():
        yield from _again(context, served)
        yield from _many(context, served)


def _again(context: Context, served: Served) -> Iterator[Found]:
    """A fallback that is the same model at the same provider is a retry on top of the retries."""
    seen, kept, again = {_who(context, served.spec.generate.model)}, list[str](), list[str]()
    for name in served.endpoint.fallback:
        who = _who(context, name)
        (again if who in seen else kept).append(name)
        seen.add(who)
    if again:
        yield Found(
            f"{served.path}.fallback",
            f"{', '.join(again)} is a model that was asked just before: the retries of limits.retries happen twice",
            (Edit(f"{served.path}.fallback", f"[{', '.join(kept)}]"),),
        )


def _who(context: Context, name: str) -> tuple[str, str]:
    if name not in context.blueprint.models.chat:
        return ("", name)
    facts = context.chat(name)
    return (facts.provider, facts.model)


def _many(context: Context, served: Served) -> Iterator[Found]:
    asked = 1 + sum(name in context.blueprint.models.chat for name in served.endpoint.fallback)
    tries = served.endpoint.limits.retries + 1
    if tries * asked > _MOST and tries > 1:
        fewer = max(0, _MOST // asked - 1)
        yield Found(
            f"{served.path}.limits.retries",
            f"{asked} models x {tries} tries: when they are down, each request makes {asked * tries} calls, and the"
            f" load grows {asked * tries}x when it can be borne least",
            (Edit(f"{served.path}.limits.retries", str(fewer)),),
        )


RULE = Rule(
    "SRV005", "warning", "tries multiply when a provider is down", "Beyer et al. 2016 (Site Reliability Engineering)",
    _check,
)  # fmt: skip
