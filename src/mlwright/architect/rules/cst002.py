"""A model without a price makes every total too low. It is told, never counted as 0."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.models import ChatPart, EmbedPart, price_of


def _check(context: Context) -> Iterator[Found]:
    models = context.blueprint.models
    used = {spec.index.embed for spec in context.blueprint.rag.values()}
    parts: list[tuple[str, ChatPart | EmbedPart]] = [
        *((f"models.embed.{name}", part) for name, part in models.embed.items() if name in used),
        *((f"models.chat.{name}", part) for name, part in context.chats_in_use()),
    ]
    for path, part in parts:
        if price_of(part) is None:
            facts = part.facts()
            yield Found(
                path,
                f"nobody knows what {facts.model} of {facts.provider} costs; give its price in USD per million tokens",
            )
    for name, reranker in context.rerankers_in_use():
        known = reranker.facts()
        if known.per_search is None:
            yield Found(
                f"models.rerank.{name}",
                f"nobody knows what {known.model} of {known.provider} costs; give its price in USD for 1,000 searches",
            )


RULE = Rule("CST002", "error", "a model has no price", "issue trackers of cost tools: unknown counted as 0", _check)
