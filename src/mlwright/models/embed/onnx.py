"""Any embedding model as an ONNX graph in a folder, on the processor, or on a GPU where there is one."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from mlwright.kernel.errors import NotFound, UserError
from mlwright.kernel.ids import Ref, content_ref
from mlwright.kernel.parts import need
from mlwright.kernel.units import Count
from mlwright.models.embed import Embedder, EmbedFacts, EmbedPart
from mlwright.models.embed._folder import ModelFolder, Pooling, Prefixes, pinned, room, sha256, sha256_of, told
from mlwright.models.located import Located
from mlwright.models.onnx_session import Device

GRAPHS = ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")
FORMAT = 1
"""Raised when the same files and fields give other vectors, so that old ones are never compared with new ones."""


class Config(EmbedPart, Located):
    """A model of a folder with `model.onnx` and `tokenizer.json`, as exports of sentence-transformers and optimum are:
    pooling, limits, dense layers and prompts are read from its files. Nothing is downloaded, no code of the model is
    run, and torch is not needed. Its name in an index is made of the content of the files, not of where they lie."""

    use: Literal["onnx"] = "onnx"
    model: str = Field(min_length=1)
    """The folder, as `models/bge-small-en-v1.5`; a relative path starts at the blueprint's folder."""
    file: str | None = Field(default=None, min_length=1)
    """The graph, by its path in the folder, as `onnx/model_quantized.onnx`: it decides the precision. Absent: the first
    of model.onnx, onnx/model.onnx, model_quantized.onnx and onnx/model_quantized.onnx that is there."""
    pooling: Pooling | None = None
    """How the vectors of tokens become one, where the folder does not say it (then it is their mean)."""
    prefixes: Prefixes = Prefixes()
    """What is written before each text, as `{query: "query: ", document: "passage: "}`. Absent: the prompts of the
    folder's config_sentence_transformers.json."""
    dims: int | None = Field(default=None, ge=1)
    """Length of a vector, where the folder does not say it. Less than the model's own shortens them, which only models
    that were trained for it (Matryoshka) bear."""
    max_tokens: Count | None = Field(default=None, ge=8)
    """Tokens that the model reads at once, its marks and the prefix included, where the folder does not say it or less
    is wanted."""
    device: Device = "auto"
    """`auto`: a GPU where onnxruntime offers one (package onnxruntime-gpu), else the processor. `cuda`: a GPU or an
    error."""
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """SHA-256 that the graph must have, as `sha256sum model.onnx` prints it. Of a graph whose weights lie in files of
    their own: that of the list which `sha256sum` prints of all of them, by name."""

    def facts(self) -> EmbedFacts:
        """Raises NotFound and UserError where neither blueprint nor folder says length of a vector and limit."""
        name = self.place.name
        if self.dims is not None and self.max_tokens is not None and not self.place.is_dir():
            query, document = self.prefixes.written
            left = room(self.max_tokens, document)
            return EmbedFacts(dims=self.dims, max_tokens=left, model=name, prefixes=(query, document))
        folder = ModelFolder.of(self.place)
        dims, window = self._sizes(folder)
        prefixes = self.prefixes.over(folder.prompts)
        return EmbedFacts(
            dims=dims,
            max_tokens=room(window, prefixes["document"]),
            model=name,
            licence=folder.licence,
            prefixes=(prefixes["query"], prefixes["document"]),
        )

    def build(self) -> Embedder:
        """Reads and hashes the files; the model is loaded when it is first asked. Raises MissingExtra, NotFound, and
        UserError where the folder is not such a model, or not the one that is pinned."""
        for module in ("onnxruntime", "tokenizers", "onnx", "safetensors"):
            need(module, "local")
        from mlwright.models.embed._onnx import Graph, Onnx, Recipe

        folder = ModelFolder.of(self.place)
        graph = self._graph(folder.place)
        read = Graph.of(graph)
        dense = () if read.pooled else folder.dense
        prefix = self.prefixes.over(folder.prompts)
        dims, window = self._sizes(folder)
        recipe = Recipe(
            graph=graph,
            output=read.output,
            pooling=None if read.pooled else self.pooling or folder.pooling,
            alone=read.alone,
            tokenizer=folder.tokenizer,
            padding=folder.padding,
            window=window,
            lower=folder.lower,
            prefix=prefix,
            dense=dense,
            dims=dims,
            device=self.device,
        )
        fields = {
            "graph": pinned(sha256_of(read.files, graph.parent), self.sha256, graph),
            "output": recipe.output,
            "tokenizer": sha256(recipe.tokenizer),
            "dense": [[sha256(one.folder / "model.safetensors"), one.tangent] for one in dense],
            "pooling": recipe.pooling,
            "lower": recipe.lower,
            "prefix": dict(prefix),
            "window": window,
            "dims": dims,
        }
        ref = Ref("model", f"onnx@{content_ref('model', fields, format=FORMAT).id}")
        return Onnx(ref, recipe, room(window, prefix["document"]))

    def _sizes(self, folder: ModelFolder) -> tuple[int, int]:
        """Length of a vector and tokens at once."""
        dims = told(self.dims, folder.dims, "dims", str(folder.place))
        window = told(self.max_tokens, folder.window, "max_tokens", str(folder.place))
        for wanted, own, name in ((dims, folder.dims, "dims"), (window, folder.positions, "max_tokens")):
            if own is not None and wanted > own:
                raise UserError(
                    f"{name}: {wanted} is more than the {own} of {folder.place}", hint=f"write {own} or less"
                )
        return dims, window

    def _graph(self, place: Path) -> Path:
        names = GRAPHS if self.file is None else (self.file,)
        graph = next((place / name for name in names if (place / name).is_file()), None)
        if graph is None:
            raise NotFound(
                f"the model folder {place} has no {' and no '.join(names)}",
                hint="name the graph in `file`, or export the model to ONNX, as optimum-cli does",
            )
        return graph
