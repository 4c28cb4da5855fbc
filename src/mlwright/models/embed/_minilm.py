"""MiniLM at work: tokenizer and onnxruntime session, loaded on first use and shared by all threads."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import MlwrightError, ProviderError
from mlwright.kernel.ids import Ref
from mlwright.models.embed import Kind
from mlwright.models.embed._minilm_cache import GRAPH, graph_folder
from mlwright.models.embed._minilm_weights import TOKENIZER, Weights
from mlwright.models.embed._word_ends import WordEnds
from mlwright.models.first_use import FirstUse
from mlwright.models.onnx_session import Device, cores, session_on

Vectors = NDArray[np.float32]
DIMS, WINDOW, MARKS = 384, 256, 2


class _Loaded(NamedTuple):
    session: InferenceSession
    cut: Tokenizer
    """Cuts at WINDOW, the two MARKS that it adds ([CLS] and [SEP]) included."""
    ends: WordEnds


class MiniLM(FirstUse[_Loaded]):
    """An Embedder. One text is one run of the graph on one core; many texts use all cores side by side, which is
    faster than onnxruntime's own threads on short inputs, and keeps a vector independent of its neighbours."""

    dims, max_tokens = DIMS, WINDOW - MARKS

    def __init__(self, weights: Weights, precision: str, workers: int | None = None, device: Device = "cpu") -> None:
        super().__init__()
        self.ref = Ref("model", f"local/minilm@{weights.revision}-{precision}")
        self._weights, self._precision, self._device = weights, precision, device
        self._workers = workers or cores()

    async def embed(self, texts: Sequence[str], kind: Kind = "document") -> Vectors:
        """Unit vectors, shape (len(texts), 384). Raises ProviderError where the weights cannot be had."""
        return await in_thread(self._embed, list(texts))

    def token_ends(self, text: str) -> Sequence[int]:
        return self._model().ends.of(text)

    def _embed(self, texts: list[str]) -> Vectors:
        vectors = np.empty((len(texts), DIMS), np.float32)
        if not texts:
            return vectors
        model = self._model()

        def one(place: int) -> None:
            tokens = np.array(model.cut.encode(texts[place]).ids, np.int64)
            vectors[place] = model.session.run(None, {"tokens": tokens})[0]

        if len(texts) == 1:  # a query goes ahead of a long batch, on the thread it is on
            one(0)
        else:
            with ThreadPoolExecutor(min(self._workers, len(texts)), "minilm") as pool:
                for _ in pool.map(one, range(len(texts))):
                    pass
        return vectors

    def _load(self) -> _Loaded:
        folder = graph_folder(self._weights, self._precision)
        try:
            session = session_on(folder / GRAPH, self._device)
            cut, whole = (Tokenizer.from_file(str(folder / TOKENIZER)) for _ in range(2))
        except MlwrightError:
            raise
        except Exception as error:  # neither library has an error class of its own for a broken file
            raise ProviderError(
                f"the cached model {folder} cannot be loaded: {error}", hint=f"delete {folder}; it is built anew"
            ) from error
        for tokenizer in (cut, whole):
            tokenizer.no_padding()
            tokenizer.no_truncation()
        cut.enable_truncation(WINDOW)
        return _Loaded(session, cut, WordEnds(whole))
