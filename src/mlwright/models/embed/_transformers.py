"""A model of sentence-transformers at work: loaded when it is first asked, one call at a time."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import MlwrightError, ProviderError
from mlwright.kernel.ids import Ref
from mlwright.kernel.parts import need
from mlwright.models.embed import Kind
from mlwright.models.embed._folder import ModelFolder, Prefixes, refuse_pickle
from mlwright.models.embed._tokens import Tokens
from mlwright.models.embed._unit import unit
from mlwright.models.first_use import FirstUse
from mlwright.models.onnx_session import Device

EXTRA = "sentence-transformers"
READ = ("*.json", "*.safetensors", "*.txt", "*.model")
"""What is fetched of a model: no weights that may hold code, and no code."""
_CAST = {"fp32": "float", "fp16": "half", "bf16": "bfloat16"}


class _Loaded(NamedTuple):
    model: Any
    tokens: Tokens
    prefix: dict[Kind, str]


class Transformers(FirstUse[_Loaded]):
    """An Embedder. Its tokenizer bears one call at a time, so calls wait for one another."""

    def __init__(
        self,
        ref: Ref,
        name: str,
        revision: str | None,
        *,
        prefixes: Prefixes,
        precision: str,
        device: Device,
        dims: int,
        window: int,
        max_tokens: int,
        batch: int,
    ) -> None:
        super().__init__()
        self.ref, self.dims, self.max_tokens = ref, dims, max_tokens
        self._name, self._revision, self._prefixes = name, revision, prefixes
        self._precision, self._device, self._window, self._batch = precision, device, window, batch
        self._asking = threading.Lock()

    async def embed(self, texts: Sequence[str], kind: Kind = "document") -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dims). Raises ProviderError where the model cannot be had, loaded or run."""
        return await in_thread(self._embed, list(texts), kind)

    def token_ends(self, text: str) -> Sequence[int]:
        return self._model().tokens.ends(text)

    def _embed(self, texts: list[str], kind: Kind) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.dims), np.float32)
        loaded = self._model()
        with self._asking:
            try:
                found = loaded.model.encode(
                    texts, prompt=loaded.prefix[kind], batch_size=self._batch, show_progress_bar=False
                )
            except Exception as error:  # torch has no error class of its own, and a full GPU is a RuntimeError
                raise ProviderError(
                    f"sentence-transformers cannot embed {len(texts)} texts with {self._name}: {error}",
                    hint="a smaller batch or max_tokens needs less memory",
                ) from error
        vectors = np.asarray(found, np.float32)
        if vectors.shape[1] < self.dims:
            raise ProviderError(
                f"{self._name} gives vectors of {vectors.shape[1]}, not of {self.dims}",
                hint=f"write dims: {vectors.shape[1]}",
            )
        return unit(vectors[:, : self.dims], str(self.ref))

    def _load(self) -> _Loaded:
        package = need("sentence_transformers", EXTRA)
        try:
            place = self._name if self._revision is None else self._fetched()
            folder = ModelFolder.of(Path(place))
            refuse_pickle(folder)
            model = package.SentenceTransformer(
                str(place),
                device=None if self._device == "auto" else self._device,
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True},
            )
            model = getattr(model, _CAST[self._precision])()
            model.max_seq_length = self._window
            tokenizer = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
            tokens = Tokens(tokenizer.to_str(), self._window)
        except MlwrightError:
            raise
        except Exception as error:  # neither library has an error class of its own
            raise ProviderError(
                f"sentence-transformers cannot load {self._name}: {error}",
                hint="is the name right, is there a network or a copy in the cache, does device fit this machine?",
            ) from error
        return _Loaded(model, tokens, self._prefixes.over(folder.prompts))

    def _fetched(self) -> str:
        """The folder of a published model at its revision, in the cache of its hub."""
        hub = need("huggingface_hub", EXTRA)
        return str(hub.snapshot_download(self._name, revision=self._revision, allow_patterns=list(READ)))
