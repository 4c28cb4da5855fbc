"""What a call of a model used, in tokens."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; `estimated` where it said nothing and we counted ourselves.

    `cached_input_tokens` are part of `input_tokens`, `reasoning_tokens` part of `output_tokens`."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False
