"""A cross-encoder that reads question and passage together: a local ONNX folder, fastembed or sentence-transformers."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Literal

from pydantic import Field, model_validator

from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.parts import need
from mlwright.models.chat import ChatModel
from mlwright.models.first_use import FirstUse
from mlwright.models.located import Located
from mlwright.models.rerank import Reranked, Reranker, RerankFacts, RerankPart, RerankRequest, logistic

_GRAPHS = ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")


class Config(RerankPart, Located):
    """A cross-encoder in this process. `onnx` needs a folder with `model.onnx` and `tokenizer.json` and nothing but the
    extra `local`; the other engines also take names of models and load them from their hub, once."""

    use: Literal["cross_encoder"] = "cross_encoder"
    model: str = Field(min_length=1)
    """A folder (a relative path starts at the blueprint's folder), or the name of a model, as
    `Xenova/ms-marco-MiniLM-L-6-v2`."""
    engine: Literal["onnx", "fastembed", "sentence-transformers"] = "onnx"
    """What runs it. `onnx`: the folder. `fastembed`, `sentence-transformers`: extra `rerank`."""
    max_tokens: int = Field(default=512, ge=16, le=32_768)
    """Tokens of question and passage together; what is longer is cut."""
    batch: int = Field(default=16, ge=1, le=512)
    """Passages at once."""
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    """The commit of the model on its hub, 40 hexadecimal digits, so that the weights stay the same; for the engine
    `sentence-transformers`, which reads weights from safetensors files alone, never from pickles."""

    @model_validator(mode="after")
    def _of_a_hub(self) -> "Config":
        if self.revision is not None and self.engine != "sentence-transformers":
            raise ValueError(f"engine {self.engine} takes no revision; leave it out, or use sentence-transformers")
        return self

    def facts(self) -> RerankFacts:
        local = self.engine == "onnx" or self.revision is not None or self._is_path
        return RerankFacts(
            model=self.model, calibrated=True, seconds=(0.3, 0.8, 2.0), unpinned="" if local else self.model
        )

    @property
    def _is_path(self) -> bool:
        return self.model.startswith(("/", "./", "../", "~"))

    @property
    def _named(self) -> str:
        """As the engines of a hub take it: a folder, or a name there."""
        return str(self.place) if self._is_path else self.model

    def build(self, chat: ChatModel | None = None) -> Reranker:
        """Raises MissingExtra, and UserError where the folder is not such a model. It is loaded when first asked."""
        load = {"onnx": self._onnx, "fastembed": self._fastembed, "sentence-transformers": self._transformers}
        version = f"{self.engine}-{self.revision[:12]}" if self.revision else self.engine
        return CrossEncoder(Ref("model", f"cross-encoder/{self.place.name}@{version}"), load[self.engine]())

    def _onnx(self) -> "Load":
        need("onnxruntime", "local")
        need("tokenizers", "local")
        folder = self.place
        graph = next((folder / name for name in _GRAPHS if (folder / name).is_file()), None)
        if graph is None or not (folder / "tokenizer.json").is_file():
            raise UserError(
                f"{folder} is no folder of a cross-encoder",
                hint="it must hold model.onnx and tokenizer.json; or choose engine: fastembed",
            )

        def load() -> Logits:
            from mlwright.models.rerank._onnx_pairs import OnnxPairs  # loads onnxruntime and tokenizers

            return OnnxPairs(graph, folder / "tokenizer.json", self.max_tokens, self.batch).logits

        return load

    def _fastembed(self) -> "Load":
        _present("fastembed")

        def load() -> Logits:
            module = need("fastembed.rerank.cross_encoder", "rerank")
            model = module.TextCrossEncoder(model_name=self._named)
            return lambda question, texts: [
                float(score) for score in model.rerank(question, list(texts), batch_size=self.batch)
            ]

        return load

    def _transformers(self) -> "Load":
        _present("sentence_transformers")

        def load() -> Logits:
            identity = need("torch", "rerank").nn.Identity()
            model = need("sentence_transformers", "rerank").CrossEncoder(
                self._named,
                max_length=self.max_tokens,
                revision=self.revision,
                model_kwargs={"use_safetensors": True},
            )

            def logits(question: str, texts: Sequence[str]) -> list[float]:
                pairs = [(question, text) for text in texts]
                raw = model.predict(pairs, activation_fn=identity, batch_size=self.batch, show_progress_bar=False)
                return [float(score) for score in raw]

            return logits

        return load


def _present(module: str) -> None:
    """Raises MissingExtra; looks for the package without loading it, which takes seconds."""
    if find_spec(module) is None:
        need(module, "rerank")


Logits = Callable[[str, Sequence[str]], list[float]]
"""A question and texts to one raw score each."""
Load = Callable[[], Logits]


class CrossEncoder(FirstUse[Logits]):
    """A Reranker. A score is the logistic of the model's raw score: the probability that the passage is relevant, as
    the model was trained to see it."""

    def __init__(self, ref: Ref, ready: Load) -> None:
        super().__init__()
        self.ref, self._ready = ref, ready

    async def rerank(self, request: RerankRequest) -> Reranked:
        if not request.texts:
            return Reranked(())
        raw = await in_thread(self._logits, request.question, request.texts)
        return Reranked(tuple(logistic(one) for one in raw))

    async def close(self) -> None:
        """Nothing is open."""

    def _logits(self, question: str, texts: Sequence[str]) -> list[float]:
        return self._model()(question, texts)

    def _load(self) -> Logits:
        return self._ready()
