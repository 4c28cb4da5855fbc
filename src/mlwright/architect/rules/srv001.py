"""A model without a limit on its answer can talk for minutes, and every token is paid."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    for name, part in context.chats_in_use():
        facts = part.facts()
        if not facts.embedded and facts.max_tokens is None:
            path = f"models.chat.{name}"
            yield Found(
                path,
                f"{facts.model} may answer as long as it likes: one runaway answer costs as much as hundreds",
                (context.set_key(path, "max_tokens", "500"),),
            )


RULE = Rule("SRV001", "error", "a model without max_tokens", "OWASP LLM10:2025 unbounded consumption", _check)
