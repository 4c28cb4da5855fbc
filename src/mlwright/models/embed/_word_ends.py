"""Where WordPiece tokens end, word by word: texts repeat their words, so the tokenizer is asked for each once.

The ends are those of the whole text, since BERT's tokenizer looks at nothing beyond a space.
"""

from functools import lru_cache

from tokenizers import Tokenizer

_REMEMBERED, _LONGEST = 1 << 16, 64
"""Words, and the characters of one; a longer one, as in data without spaces, would only fill the memory."""


class WordEnds:
    """Of a tokenizer that parts a text at its spaces before all else."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._remembered = lru_cache(_REMEMBERED)(self._asked)

    def of(self, text: str) -> list[int]:
        """The character offset at which each token of the text ends."""
        ends: list[int] = []
        start = 0
        for word in text.split(" "):
            if word:
                within = self._remembered(word) if len(word) <= _LONGEST else self._asked(word)
                if len(within) == 1:
                    ends.append(start + within[0])
                else:
                    ends += [start + end for end in within]
            start += len(word) + 1
        return ends

    def _asked(self, word: str) -> tuple[int, ...]:
        return tuple(end for _, end in self._tokenizer.encode(word, add_special_tokens=False).offsets)
