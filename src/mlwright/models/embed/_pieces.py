"""How many tokens a text has where the tokenizer is not at hand: pieces of words, on the safe side for English."""

import re

_PIECE = re.compile(r"[a-z]{1,6}|[A-Z][a-z]{0,5}|\d{1,3}|[^\W\d_a-zA-Z]|[^\w\s]|_|\w")


def piece_ends(text: str) -> list[int]:
    """The character offset at which each piece of `text` ends."""
    return [match.end() for match in _PIECE.finditer(text)]
