"""A table of token vectors at work: a text is the mean of the vectors of its tokens."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import ProviderError
from mlwright.kernel.ids import Ref
from mlwright.models.embed import Kind
from mlwright.models.embed._tokens import Tokens
from mlwright.models.embed._unit import unit
from mlwright.models.first_use import FirstUse


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that makes the vectors. `table` is the tensor's name; `unknown`: tokens that the vocabulary lacks count."""

    weights: Path
    tokenizer: Path
    table: str
    unknown: bool
    window: int
    dims: int


class _Loaded(NamedTuple):
    tokens: Tokens
    table: NDArray[Any]
    rows: NDArray[np.int64]
    """The row of each token."""
    worth: NDArray[np.float32] | None
    """What each token counts."""
    skipped: int | None


class Static(FirstUse[_Loaded]):
    """An Embedder. The table is loaded when it is first asked."""

    def __init__(self, ref: Ref, recipe: Recipe) -> None:
        super().__init__()
        self.ref, self.dims, self.max_tokens = ref, recipe.dims, recipe.window
        self._recipe = recipe

    async def embed(self, texts: Sequence[str], kind: Kind = "document") -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dims). Raises ProviderError where the model cannot be loaded."""
        return await in_thread(self._embed, list(texts))

    def token_ends(self, text: str) -> Sequence[int]:
        return self._model().tokens.ends(text)

    def _embed(self, texts: list[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dims), np.float32)
        if not texts:
            return vectors
        model = self._model()
        for place, encoded in enumerate(model.tokens.cut.encode_batch(texts, add_special_tokens=False)):
            ids = [token for token in encoded.ids if token != model.skipped]
            if ids:
                found = model.table[model.rows[ids], : self.dims].astype(np.float32)
                vectors[place] = (found if model.worth is None else found * model.worth[ids, None]).mean(axis=0)
        return unit(vectors, str(self.ref))

    def _load(self) -> _Loaded:
        recipe = self._recipe
        tokens = Tokens.of(recipe.tokenizer, recipe.window)
        try:
            tensors = load_file(recipe.weights)
            table = tensors[recipe.table]
            rows = tensors["mapping"].astype(np.int64) if "mapping" in tensors else np.arange(len(table))
            worth = tensors["weights"].astype(np.float32) if "weights" in tensors else None
        except Exception as error:  # safetensors has an error class of its own for some of what may be wrong only
            raise ProviderError(
                f"{recipe.weights} cannot be loaded: {error}", hint="copy the model's files anew"
            ) from error
        words = tokens.whole.get_vocab_size(with_added_tokens=True)
        least = min(len(rows), words if worth is None else len(worth))
        if least < words or (len(rows) and rows.max() >= len(table)):
            raise ProviderError(
                f"{recipe.weights} has {least} rows for the {words} tokens of {recipe.tokenizer}",
                hint="both files must be of one model",
            )
        return _Loaded(tokens, table, rows, worth, None if recipe.unknown else _unknown(tokens))


def _unknown(tokens: Tokens) -> int | None:
    """The number of the token for what the vocabulary lacks."""
    said = json.loads(tokens.whole.to_str())["model"]
    if said.get("unk_id") is not None:
        return int(said["unk_id"])
    return tokens.whole.token_to_id(said["unk_token"]) if said.get("unk_token") else None
