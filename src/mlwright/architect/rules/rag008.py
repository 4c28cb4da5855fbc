"""When nothing was found, a model without a way out answers from memory, and it sounds just as sure."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit


def _check(context: Context) -> Iterator[Found]:
    for path, _, spec in context.pipelines():
        if spec.generate.if_empty != "abstain":
            yield Found(
                f"{path}.generate.if_empty",
                "when nothing is found the model answers all the same, from what it remembers",
                (Edit(f"{path}.generate.if_empty", "abstain"),),
            )
        elif spec.retrieve.min_score <= 0:
            yield Found(
                f"{path}.retrieve.min_score",
                f"min_score {spec.retrieve.min_score:g} is below the cosine of almost any two texts, so something is"
                " always found and the system never abstains",
                (Edit(f"{path}.retrieve.min_score", "0.2"),),
                severity="warning",
            )


RULE = Rule("RAG008", "error", "no way out when nothing is found", "OWASP LLM09:2025 misinformation", _check)
