"""Providers read the beginning of a prompt for a fraction of the price where they have just read it. That needs a
beginning that stays, and is long enough for them."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.estimates import CHARACTERS_PER_TOKEN
from mlwright.architect.rules import Found, Rule
from mlwright.models import least_cached, price_of


def _check(context: Context) -> Iterator[Found]:
    for path, name, spec in context.pipelines():
        part = context.blueprint.models.chat[spec.generate.model]
        facts, price = part.facts(), price_of(part)
        least = least_cached(facts.provider, facts.model)
        if least is None or price is None or price.cached_input is None:
            continue
        saves = f"cached tokens cost {price.cached_input / price.input:.0%} of the others" if price.input else ""
        outline = context.outline(name)
        order = [one.name for one in outline.user]
        fixed = round(outline.fixed / CHARACTERS_PER_TOKEN)
        if "passages" in order and order.index("passages") > 0:
            yield Found(
                f"{path}.generate.prompt",
                f"{order[0]} stands before the passages, so a second question about the same passages is read anew;"
                f" {saves}",
            )
        elif fixed < least:
            yield Found(
                f"{path}.generate.prompt",
                f"the first {fixed} tokens are the same for every question, and {facts.provider} keeps beginnings from"
                f" {least:,} on: only a follow-up about the same passages is read from its cache; {saves}",
            )


RULE = Rule(
    "CST003", "info", "the prompt's beginning is too short to be cached", "the providers' pages on caching", _check
)
