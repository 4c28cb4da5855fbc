"""Estimates that check and plan share, each with its reason."""

from mlwright.blueprint import Blueprint

CHARACTERS_PER_TOKEN = 4.0
"""English text in the vocabularies of today's chat models: 3.5 to 4.5."""

BUILT_IN_PROMPT = 260
"""Tokens of the prompt that comes with mlwright, rounded up; used where a pipeline names no prompt file."""

PER_PASSAGE = 12
"""Tokens around each passage: its number, title and separators."""

MONTH = 2_629_800.0
"""Seconds of a month (a twelfth of 365.25 days)."""


def tokens_of(text: str) -> int:
    """Tokens of a text for a chat model, from its length."""
    return round(len(text) / CHARACTERS_PER_TOKEN + 0.5)


def prompt_tokens(blueprint: Blueprint, pipeline: str) -> int:
    """The prompt's own tokens, without passages and question."""
    text = blueprint.prompts.get(pipeline)
    return BUILT_IN_PROMPT if text is None else tokens_of(text)
