"""Pairs of question and passage through an ONNX graph: tokens in, one raw score a pair out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from mlwright.kernel.errors import UserError

_LONGEST = 100_000
"""Characters of a text that are looked at before it is cut to tokens."""


class OnnxPairs:
    """A loaded cross-encoder. Pairs are sorted by length, so that a batch holds little padding."""

    def __init__(self, graph: Path, tokenizer: Path, max_tokens: int, batch: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")
        self._tokenizer.no_padding()
        self._session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
        self._inputs = [one.name for one in self._session.get_inputs()]
        self._batch = batch
        unknown = set(self._inputs) - {"input_ids", "attention_mask", "token_type_ids"}
        if unknown:
            raise UserError(f"{graph} wants inputs that a cross-encoder has not: {', '.join(sorted(unknown))}")

    def logits(self, question: str, texts: Sequence[str]) -> list[float]:
        """One raw score a text. Of several outputs the last is the one that says `relevant`."""
        pairs = [(question[:_LONGEST], text[:_LONGEST]) for text in texts]
        encoded = self._tokenizer.encode_batch(pairs)
        order = sorted(range(len(encoded)), key=lambda place: len(encoded[place].ids))
        scores = np.zeros(len(encoded))
        for start in range(0, len(order), self._batch):
            some = order[start : start + self._batch]
            width = max(len(encoded[place].ids) for place in some)
            columns = {
                "input_ids": [encoded[place].ids for place in some],
                "attention_mask": [encoded[place].attention_mask for place in some],
                "token_type_ids": [encoded[place].type_ids for place in some],
            }
            fed = {name: _padded(columns[name], width) for name in self._inputs}
            raw: NDArray[np.float32] = np.asarray(self._session.run(None, fed)[0])
            scores[some] = raw.reshape(len(some), -1)[:, -1]
        return [float(score) for score in scores]


def _padded(rows: Sequence[Sequence[int]], width: int) -> NDArray[np.int64]:
    table = np.zeros((len(rows), width), np.int64)
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table
