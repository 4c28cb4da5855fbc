"""Weights that are fetched by a name alone are whatever stands under that name on the day, put there by anybody who
may."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    for path, facts in context.models_in_use():
        if facts.unpinned:
            yield Found(
                path,
                f"the weights of {facts.unpinned} are fetched by name, without a revision: keep them in a folder of"
                " your own, or name the commit where the part takes one (`revision`)",
            )


RULE = Rule("SEC006", "error", "weights that nothing pins", "OWASP LLM03:2025 supply chain", _check)
