"""The system part is obeyed. What people type and documents say has no place in it."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    for key, path, _ in context.prompts():
        outline = context.outline(key)
        if not outline.whole:
            yield Found(
                path,
                "the prompt has no line `# System` and no line `# User` after it, so nothing parts your words from"
                " those of others",
            )
        for shown in outline.system:
            yield Found(
                path,
                f"line {shown.line} of the prompt shows `{shown.name}` in the system part: move it below `# User`",
            )


RULE = Rule("SEC002", "error", "words of others in the system part", "OWASP LLM01:2025 prompt injection", _check)
