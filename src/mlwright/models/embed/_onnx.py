"""An ONNX embedding model at work: tokens in, vectors of tokens out, pooled, through dense layers, made unit length.

On the processor a run holds one text, or several short ones of equal length, and runs go side by side on all cores:
measured faster than larger runs on more threads. No text is padded, so but for the last bit a vector depends on its
text alone. A graph that quantises its input while it runs takes the scale from all of it, so there each text has a run
of its own. On a GPU runs are large, and texts padded to the longest.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.external_data_helper import ExternalDataInfo, uses_external_data
from onnxruntime import InferenceSession
from safetensors.numpy import load_file

from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import MlwrightError, ProviderError, UserError
from mlwright.kernel.ids import Ref
from mlwright.models.embed import Kind
from mlwright.models.embed._folder import Dense, Pooling
from mlwright.models.embed._tokens import Tokens
from mlwright.models.embed._unit import unit
from mlwright.models.first_use import FirstUse
from mlwright.models.onnx_session import Device, cores, on_gpu, session_on

Vectors = NDArray[np.float32]
_RUN, _RUN_ON_GPU = 128, 16_384
"""Tokens in one run. Measured on two cores: below 128 the weights are read too often, above it the caches overflow."""
_INPUTS = {"input_ids", "attention_mask", "token_type_ids", "position_ids"}
_POOLED, _TOKENS = ("sentence_embedding",), ("token_embeddings", "last_hidden_state")
_SCALED_WHILE_RUNNING = ("DynamicQuantizeLinear", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM")


@dataclass(frozen=True, slots=True)
class Graph:
    """What the file of a graph says. `files` are its own and those that hold its weights, in the order of their names.
    `output` is pooled already or holds a vector a token."""

    files: tuple[Path, ...]
    output: str
    pooled: bool
    alone: bool
    """The vector of a text depends on what else is in the run."""

    @classmethod
    def of(cls, file: Path) -> "Graph":
        """Raises UserError where it is not the graph of an embedding model."""
        try:
            graph = onnx.load(file, load_external_data=False).graph
        except Exception as error:  # protobuf has an error class of its own, which is no public one
            raise UserError(f"{file} cannot be read as ONNX: {error}", hint="copy the model's files anew") from error
        unknown = {one.name for one in graph.input} - _INPUTS - {one.name for one in graph.initializer}
        ranks = {one.name: len(one.type.tensor_type.shape.dim) for one in graph.output}
        named = next((name for name in (*_POOLED, *_TOKENS) if name in ranks), None)
        output = named or next((name for name, rank in ranks.items() if rank == 3), next(iter(ranks), ""))
        if unknown or not output:
            wrong = f"wants the inputs {', '.join(sorted(unknown))}" if unknown else "has no output"
            raise UserError(
                f"{file} {wrong}: it is no model that embeds texts",
                hint="export it for feature extraction: input_ids and attention_mask in, a vector a token out",
            )
        weights = {file.parent / ExternalDataInfo(one).location for one in graph.initializer if uses_external_data(one)}
        return cls(
            tuple(sorted({file, *weights})),
            output,
            pooled=output in _POOLED or ranks[output] == 2,
            alone=any(node.op_type in _SCALED_WHILE_RUNNING for node in graph.node),
        )


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that makes the vectors."""

    graph: Path
    output: str
    pooling: Pooling | None
    """None where the graph pools."""
    alone: bool
    tokenizer: Path
    padding: int
    window: int
    lower: bool
    prefix: Mapping[Kind, str]
    dense: tuple[Dense, ...]
    dims: int
    device: Device


class Loaded(NamedTuple):
    session: InferenceSession
    inputs: tuple[str, ...]
    tokens: Tokens
    layers: tuple[tuple[Vectors, Vectors | None, bool], ...]
    """Weight, bias, and whether the tangent follows."""


class Onnx(FirstUse[Loaded]):
    """An Embedder. The model is loaded when it is first asked."""

    def __init__(self, ref: Ref, recipe: Recipe, max_tokens: int) -> None:
        super().__init__()
        self.ref, self.dims, self.max_tokens = ref, recipe.dims, max_tokens
        self._recipe = recipe

    async def embed(self, texts: Sequence[str], kind: Kind = "document") -> Vectors:
        """Unit vectors, shape (len(texts), dims). Raises ProviderError where the model cannot be loaded or run."""
        prefix = self._recipe.prefix[kind]
        whole = [prefix + text for text in texts]
        return await in_thread(self._embed, [text.lower() for text in whole] if self._recipe.lower else whole)

    def token_ends(self, text: str) -> Sequence[int]:
        return self._model().tokens.ends(text)

    def _embed(self, texts: list[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dims), np.float32)
        if not texts:
            return vectors
        model = self._model()
        gpu = on_gpu(model.session)
        encoded = [one.ids for one in model.tokens.cut.encode_batch(texts)]
        runs = runs_of([len(ids) for ids in encoded], _RUN_ON_GPU if gpu else _RUN, pad=gpu, alone=self._recipe.alone)

        def one(places: Sequence[int]) -> None:
            vectors[places] = run(model, self._recipe, [encoded[place] for place in places])

        if gpu or len(runs) <= 1:  # a query goes ahead of a long batch, on the thread it is on
            for places in runs:
                one(places)
        else:
            with ThreadPoolExecutor(min(cores(), len(runs)), "onnx") as pool:
                for _ in pool.map(one, runs):
                    pass
        return unit(vectors, str(self.ref))

    def _load(self) -> Loaded:
        recipe = self._recipe
        tokens = Tokens.of(recipe.tokenizer, recipe.window)
        try:
            session = session_on(recipe.graph, recipe.device)
            layers = tuple(_layer(dense) for dense in recipe.dense)
        except MlwrightError:
            raise
        except Exception as error:  # neither library has an error class of its own for a broken file
            raise ProviderError(
                f"the model {recipe.graph} cannot be loaded: {error}", hint="copy the model's files anew"
            ) from error
        return Loaded(session, tuple(one.name for one in session.get_inputs()), tokens, layers)


def run(model: Loaded, recipe: Recipe, rows: Sequence[Sequence[int]]) -> Vectors:
    """The vectors of texts in one run, not of unit length yet; short rows are filled up. Raises ProviderError."""
    width = max(map(len, rows))
    ids = np.full((len(rows), width), recipe.padding, np.int64)
    mask = np.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(row)], mask[place, : len(row)] = row, 1
    columns = {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": np.zeros_like(ids),
        "position_ids": np.tile(np.arange(width), (len(rows), 1)),
    }
    try:
        [found] = model.session.run([recipe.output], {name: columns[name] for name in model.inputs})
    except Exception as error:  # onnxruntime has no base class of its own for what may go wrong
        raise ProviderError(
            f"{recipe.graph} cannot be run on {width} tokens: {error}",
            hint="does the graph belong to this tokenizer? A smaller max_tokens may fit its positions",
        ) from error
    vectors = pooled(np.asarray(found, np.float32), mask, recipe.pooling)
    for weight, bias, tangent in model.layers:
        # Row by row: one product of all rounds otherwise than that of each alone.
        vectors = np.stack([weight @ vector for vector in vectors])
        vectors = vectors if bias is None else vectors + bias
        vectors = np.asarray(np.tanh(vectors) if tangent else vectors, np.float32)
    if vectors.shape[1] < recipe.dims:
        raise ProviderError(
            f"{recipe.graph} gives vectors of {vectors.shape[1]}, not of {recipe.dims}",
            hint=f"write dims: {vectors.shape[1]}",
        )
    return np.asarray(vectors[:, : recipe.dims], np.float32)


def _layer(dense: Dense) -> tuple[Vectors, Vectors | None, bool]:
    tensors = load_file(dense.folder / "model.safetensors")
    bias = tensors.get("linear.bias")
    weight = np.asarray(tensors["linear.weight"], np.float32)
    return weight, None if bias is None else np.asarray(bias, np.float32), dense.tangent


def runs_of(lengths: Sequence[int], budget: int, *, pad: bool, alone: bool) -> list[list[int]]:
    """The places of texts by run, the longest first; texts without a token are in none. A run holds at most `budget`
    tokens, fillings included, or a single text; without `pad` its texts are of one length."""
    runs: list[list[int]] = []
    longest = 0
    for place in sorted((place for place, length in enumerate(lengths) if length), key=lambda place: -lengths[place]):
        fits = runs and (len(runs[-1]) + 1) * longest <= budget and (pad or lengths[place] == longest)
        if fits and not alone:
            runs[-1].append(place)
        else:
            runs.append([place])
            longest = lengths[place]
    return runs


def pooled(found: Vectors, mask: NDArray[np.int64], pooling: Pooling | None) -> Vectors:
    """One vector a text, of what the graph gave: shape (texts, tokens, dims), or (texts, dims) where it pools."""
    if pooling is None:
        return found.reshape(len(mask), -1)
    if pooling == "cls":
        return np.asarray(found[:, 0], np.float32)
    if pooling == "last":
        return np.asarray(found[np.arange(len(mask)), mask.sum(axis=1) - 1], np.float32)
    weights = mask[:, :, None].astype(np.float32)
    return np.asarray((found * weights).sum(axis=1) / weights.sum(axis=1), np.float32)
