"""Tokens of a model whose tokenizer is at hand: a tokenizer that cuts, one that does not, and where tokens end."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from mlwright.kernel.errors import ProviderError


class Tokens:
    """`cut` ends after `window` tokens, the model's marks included; `whole` reads all of a text."""

    def __init__(self, tokenizer: str, window: int) -> None:
        """`tokenizer` is the text of a tokenizer.json."""
        self.cut, self.whole = Tokenizer.from_str(tokenizer), Tokenizer.from_str(tokenizer)
        for one in (self.cut, self.whole):
            one.no_padding()
            one.no_truncation()
        self.cut.enable_truncation(window)

    @classmethod
    def of(cls, file: Path, window: int) -> "Tokens":
        """Raises ProviderError where the file is not a tokenizer."""
        try:
            return cls(file.read_text(encoding="utf-8"), window)
        except Exception as error:  # the library has no error class of its own for a broken file
            raise ProviderError(
                f"{file} cannot be read as a tokenizer: {error}",
                hint="it must be the tokenizer.json of a fast tokenizer; copy the model's files anew",
            ) from error

    def ends(self, text: str) -> Sequence[int]:
        """Where each token ends. One of no width, as a mark before the first word, counts and ends no earlier than the
        one before it."""
        ends: list[int] = []
        place = 1
        for _, end in self.whole.encode(text, add_special_tokens=False).offsets if text else ():
            place = max(place, end)
            ends.append(place)
        return ends
