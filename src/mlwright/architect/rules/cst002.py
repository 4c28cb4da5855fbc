"""A model without a price makes every total too low. It is told, never counted as 0."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.models import price_of


def _check(context: Context) -> Iterator[Found]:
    for name, part in context.chats_in_use():
        if price_of(part) is None:
            facts = part.facts()
            path = f"models.chat.{name}"
            yield Found(
                path,
                f"nobody knows what {facts.model} of {facts.provider} costs; give its price in USD per million tokens",
            )


RULE = Rule("CST002", "error", "a model has no price", "issue trackers of cost tools: unknown counted as 0", _check)
