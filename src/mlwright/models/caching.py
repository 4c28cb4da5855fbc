"""From how many tokens on a provider keeps the beginning of a prompt by itself, without being asked.

From the providers' own pages, read in November 2026: OpenAI and Azure keep prefixes from 1,024 tokens on in steps of
128; Google keeps them by model; DeepSeek in units of 64. Providers that want a mark in the request, as Anthropic, keep
nothing of ours, since none is sent.
"""

import re

_LEAST: tuple[tuple[str, str, int], ...] = (
    ("openai", r".*", 1024),
    ("azure", r".*", 1024),
    ("deepseek", r".*", 64),
    ("google", r"gemini-(2\.5|3)-flash.*", 1024),
    ("google", r"gemini-(2\.5|3)-pro.*", 4096),
)


def least_cached(provider: str, model: str) -> int | None:
    """The shortest beginning that is kept, in tokens; None where nobody knows."""
    found = (least for name, pattern, least in _LEAST if name == provider and re.fullmatch(pattern, model))
    return next(found, None)
