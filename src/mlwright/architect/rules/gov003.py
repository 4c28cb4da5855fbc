"""In a year nobody remembers why this model and that bound. One sentence beside the choice is enough."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    if context.blueprint.system.risk == "minimal":
        return
    parts = [
        *((f"models.embed.{name}", part.why) for name, part in context.embedders_in_use()),
        *((f"models.chat.{name}", part.why) for name, part in context.chats_in_use()),
        *((f"models.rerank.{name}", part.why) for name, part in context.rerankers_in_use()),
        *((f"evals.gates.{name}", gate.why) for name, gate in context.blueprint.evals.gates.items()),
    ]
    for path, why in parts:
        if context.blueprint.says(path) and not why:
            what = "these bounds were" if path.startswith("evals.") else "this model was"
            yield Found(path, f"nothing says why {what} chosen: add `why:`")


RULE = Rule(
    "GOV003", "info", "a choice without a recorded reason", "EU AI Act, Annex IV (2); ADR (Nygard 2011)", _check
)
