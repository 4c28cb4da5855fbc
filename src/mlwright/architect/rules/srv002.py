"""Providers fail. A fallback on the same provider fails with it; passages without a model always answer."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit


def _check(context: Context) -> Iterator[Found]:
    for served in context.served():
        first = context.chat(served.spec.generate.model)
        if first.embedded:
            continue
        chain = served.endpoint.fallback
        others = [name for name in chain if name in context.blueprint.models.chat]
        apart = len(others) < len(chain) or any(context.chat(name).provider != first.provider for name in others)
        if apart:
            continue
        what = (
            f"{first.provider} runs {', '.join(chain)} as well as the first model: they fail together"
            if chain
            else f"when {first.provider} does not answer, nobody does"
        )
        patch = Edit(f"{served.path}.fallback", f"[{', '.join([*chain, 'rule.top_passages'])}]")
        yield Found(f"{served.path}.fallback", what, (patch,))


RULE = Rule("SRV002", "error", "no fallback on another provider", "common cause failure; facts().provider", _check)
