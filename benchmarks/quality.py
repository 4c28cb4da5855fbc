"""Retrieval quality on public collections, through the shipped pipeline: parse, chunk, embed, search, fuse, dedupe.

    python benchmarks/quality.py [--data ../shared/data] [--sets cranfield,xquad_en,mlflow] [--fp32]
    python benchmarks/quality.py --sets xquad_de

The first table of a collection is the product: `retrieve` with one retriever alone, with the defaults, and with
feedback; where there is a goal, it stands beside, and a missed one is the exit code. A document stands where its best
chunk does. Differences are to the better single retriever (paired bootstrap over queries, 95 %, 2,000 draws, seed 1).
The table of weights tries those of the vectors: for each collection the weight that is best on the others is taken. The
table of `min_score` says at which least cosine how many questions find nothing: those of the collection, which should
find something, and those of the other collections, which should not.

Cranfield: 1,398 documents that are not empty, as Markdown with the title as heading; 225 queries; the 225 lines of
relevance code -1 are left out. XQuAD: paragraphs as documents, one relevant paragraph a question. mlflow: pages of a
documentation, questions with the page that answers. nDCG@10 with binary gains. `--fp32` compares the vectors of both
precisions by the recall@10 of the relevant documents.
"""

import argparse
import ast
import csv
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from mlwright.kernel import aio
from mlwright.kernel.open import open_kernel
from mlwright.models import Embedder
from mlwright.models.embed.local import Config as Local
from mlwright.rag import PipelineSpec, Rag, build_rag
from mlwright.rag.fuse import fuse
from mlwright.rag.indexes import Found
from mlwright.testing.documents import MemoryDocuments, MemoryRuns

TOP = 200
SETTINGS: Mapping[str, Mapping[str, object]] = {
    "keyword": {"fuse": "keyword"},
    "vector": {"fuse": "vector"},
    "default": {},
    "feedback": {"feedback": {}},
}
GOALS = {
    ("cranfield", "keyword", "nDCG@10"): 0.38,
    ("cranfield", "default", "nDCG@10"): 0.43,
    ("cranfield", "default", "R@100"): 0.78,
    ("cranfield", "feedback", "nDCG@10"): 0.45,
    ("cranfield", "feedback", "R@100"): 0.80,
    ("xquad_en", "default", "nDCG@10"): 0.965,
    ("mlflow", "default", "R@5"): 0.85,
}
THRESHOLDS = (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
WEIGHTS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
Collection = tuple[dict[str, str], dict[str, str], dict[str, set[str]]]
"""Documents, queries, and the relevant documents of each query."""


def cranfield(folder: Path) -> Collection:
    """Query numbers of the judgements are the ordinals of the queries, not their .I ids."""
    documents = {}
    for record in re.split(r"^\.I ", (folder / "cran.all.1400").read_text("latin-1"), flags=re.MULTILINE)[1:]:
        number = record.split("\n", 1)[0].strip()
        parts = dict(re.findall(r"^\.([TABW])\n(.*?)(?=^\.[TABW]\n|\Z)", record, flags=re.MULTILINE | re.DOTALL))
        title, body = " ".join(parts.get("T", "").split()), " ".join(parts.get("W", "").split())
        body = body.removeprefix(title).strip()
        documents[number] = f"# {title}\n\n{body}" if title else body
    texts = re.split(r"^\.I ", (folder / "cran.qry").read_text("latin-1"), flags=re.MULTILINE)[1:]
    queries = {str(n): " ".join(text.split(".W", 1)[1].split()) for n, text in enumerate(texts, start=1)}
    relevant: dict[str, set[str]] = {}
    for line in (folder / "cranqrel").read_text("latin-1").splitlines():
        query, document, code = line.split()
        if int(code) != -1:
            relevant.setdefault(query, set()).add(document)
    return {key: text for key, text in documents.items() if text}, queries, relevant


def xquad(folder: Path, language: str) -> Collection:
    documents, queries, relevant = {}, {}, {}
    for article in json.loads((folder / f"xquad.{language}.json").read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            key = str(len(documents))
            documents[key] = paragraph["context"]
            for question in paragraph["qas"]:
                queries[question["id"]], relevant[question["id"]] = question["question"], {key}
    return documents, queries, relevant


def mlflow(folder: Path) -> Collection:
    """The file of pages is not valid CSV (quotes inside quotes): what csv splits is joined again."""
    csv.field_size_limit(10**9)
    with (folder / "mlflow_docs_scraped.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    documents = {row[0].removesuffix(".html").replace("/", "-"): ",".join(row[1:]) for row in rows}
    with (folder / "static_evaluation_dataset.csv").open(encoding="utf-8", newline="") as file:
        asked = list(csv.DictReader(file))
    queries = {str(number): row["question"] for number, row in enumerate(asked)}
    pages = {str(number): ast.literal_eval(row["source"]) for number, row in enumerate(asked)}
    relevant = {key: {page.removesuffix(".html").replace("/", "-") for page in some} for key, some in pages.items()}
    return documents, queries, relevant


def ndcg(ranked: Sequence[str], relevant: set[str], depth: int = 10) -> float:
    gains = sum(1 / np.log2(rank + 2) for rank, key in enumerate(ranked[:depth]) if key in relevant)
    return float(gains / sum(1 / np.log2(rank + 2) for rank in range(min(depth, len(relevant)))))


def recall(ranked: Sequence[str], relevant: set[str], depth: int = 100) -> float:
    return len(set(ranked[:depth]) & relevant) / len(relevant)


def opened(home: Path, documents: Mapping[str, str], embedder: Embedder, retrieve: Mapping[str, object]) -> Rag:
    """The shipped defaults but for `retrieve`; the same folder is the same index."""
    source = MemoryDocuments({f"{key}.md": text for key, text in documents.items()})
    spec = PipelineSpec.model_validate({"documents": "docs", "retrieve": retrieve})
    return build_rag(
        "bench", spec, open_kernel(home), embedder=embedder, chat={}, prices={}, source=source, record=MemoryRuns()
    )


def ranked(rag: Rag, queries: Mapping[str, str]) -> dict[str, list[str]]:
    """The documents of each query, in the order of their best chunks."""
    found = {key: aio.run(rag.retrieve(text, top=TOP)).hits for key, text in queries.items()}
    return {key: list(dict.fromkeys(hit.chunk.key.removesuffix(".md") for hit in hits)) for key, hits in found.items()}


def interval(differences: Sequence[float]) -> tuple[float, float, float]:
    values, draws = np.array(differences), np.random.default_rng(1)
    means = [values[draws.integers(0, len(values), len(values))].mean() for _ in range(2000)]
    return float(values.mean()), float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def product(name: str, collection: Collection, home: Path, embedder: Embedder) -> list[str]:
    """Prints the table; the goals that were missed."""
    documents, queries, relevant = collection
    asked = {key: queries[key] for key in relevant}
    rag = opened(home, documents, embedder, {})
    built = aio.run(rag.ingest())
    rag.close()
    print(f"\n{name}: {built.documents:,} documents, {built.chunks:,} chunks, {len(asked):,} queries")
    scores: dict[str, dict[str, list[float]]] = {}
    for label, retrieve in SETTINGS.items():
        rag = opened(home, documents, embedder, retrieve)
        ranks = ranked(rag, asked)
        rag.close()
        scores[label] = {
            "nDCG@10": [ndcg(ranks[key], relevant[key]) for key in asked],
            "R@5": [recall(ranks[key], relevant[key], 5) for key in asked],
            "R@100": [recall(ranks[key], relevant[key]) for key in asked],
        }
    best = max(("keyword", "vector"), key=lambda label: sum(scores[label]["nDCG@10"]))
    print(f"  {'':10}{'nDCG@10':>10}{'R@5':>8}{'R@100':>8}   difference in nDCG@10 to {best}, 95 %")
    missed = []
    for label, measured in scores.items():
        means = {metric: float(np.mean(values)) for metric, values in measured.items()}
        middle, low, high = interval(np.subtract(measured["nDCG@10"], scores[best]["nDCG@10"]).tolist())
        against = "" if label == best else f"{middle:+.4f} [{low:+.4f}, {high:+.4f}]"
        goals = {metric: goal for (where, who, metric), goal in GOALS.items() if (where, who) == (name, label)}
        told = ", ".join(f"{metric} {means[metric]:.4f} of {goal}" for metric, goal in goals.items())
        missed += [f"{name} {label} {metric}" for metric, goal in goals.items() if means[metric] < goal]
        missed += [f"{name} {label} is worse than {best}"] if label == "default" and high < 0 else []
        numbers = f"{means['nDCG@10']:10.4f}{means['R@5']:8.3f}{means['R@100']:8.4f}"
        print(f"  {label:10}{numbers}   {against:28}{'  goal: ' + told if told else ''}")
    return missed


def by_weight(collection: Collection, home: Path, embedder: Embedder) -> dict[float, float]:
    """Mean nDCG@10 of `convex` for each weight, all over one search of each query."""
    documents, queries, relevant = collection
    rag = opened(home, documents, embedder, {})
    key_of = {c.ref.id: c.key.removesuffix(".md") for d in rag.documents() for c in rag.chunks(d.version)}
    asked = {key: queries[key] for key in relevant}
    found = candidates(rag, embedder, asked)
    rag.close()
    return {
        weight: float(np.mean([
            ndcg(list(dict.fromkeys(key_of[one.id] for one in fuse("convex", near, words, weight))), relevant[key])
            for key, (near, words) in found.items()
        ]))
        for weight in WEIGHTS
    }  # fmt: skip


def candidates(rag: Rag, embedder: Embedder, queries: Mapping[str, str]) -> dict[str, tuple[list[Found], list[Found]]]:
    index = rag._index()
    vectors = aio.run(embedder.embed(list(queries.values()), "query"))
    return {
        key: (index.by_vector(vector, TOP), index.by_words(text, TOP))
        for (key, text), vector in zip(queries.items(), vectors, strict=True)
    }


def weights(tables: Mapping[str, Mapping[float, float]]) -> None:
    print(f"\nconvex, weight of the vectors{'':14}" + "".join(f"{weight:8.1f}" for weight in WEIGHTS))
    for name, table in tables.items():
        others = [other for other in tables if other != name]
        chosen = max(WEIGHTS, key=lambda weight: sum(tables[other][weight] for other in others)) if others else None
        told = f"   best elsewhere: {chosen}, here {table[chosen]:.4f}" if chosen else ""
        print(f"  {name:40}" + "".join(f"{table[weight]:8.4f}" for weight in WEIGHTS) + told)


def thresholds(found: Mapping[str, tuple[Collection, Path]], embedder: Embedder) -> None:
    print(f"\nmin_score: questions that find nothing{'':12}" + "".join(f"{at:8.2f}" for at in THRESHOLDS))
    for name, (collection, home) in found.items():
        rag = opened(home, collection[0], embedder, {})
        index = rag._index()
        rows: dict[str, list[float]] = {"its own": [], "those of others": []}
        for other, ((_, queries, relevant), _) in found.items():
            vectors = aio.run(embedder.embed([queries[key] for key in relevant], "query"))
            rows["its own" if other == name else "those of others"] += [
                index.by_vector(vector, 1)[0].score for vector in vectors
            ]
        rag.close()
        for label, nearest in rows.items():
            if nearest:
                told = f"  {name}, {label} ({len(nearest):,})"
                print(f"{told:50}" + "".join(f"{np.mean(np.less(nearest, at)):8.1%}" for at in THRESHOLDS))


def precisions(name: str, collection: Collection, home: Path, exact: Embedder, small: Embedder) -> list[str]:
    """recall@10 of the relevant documents by vectors alone, in both precisions."""
    documents, queries, relevant = collection
    asked = {key: queries[key] for key in relevant}
    found = {}
    for label, embedder in (("fp32", exact), ("int8", small)):
        rag = opened(home, documents, embedder, {"fuse": "vector"})
        aio.run(rag.ingest())
        ranks = ranked(rag, asked)
        rag.close()
        found[label] = float(np.mean([recall(ranks[key], relevant[key], 10) for key in asked]))
    print(f"  {name:12} vectors alone, recall@10: fp32 {found['fp32']:.4f}, int8 {found['int8']:.4f}  goal: within .01")
    return [f"{name} int8"] if found["fp32"] - found["int8"] > 0.01 else []


COLLECTIONS: Mapping[str, Callable[[Path], Collection]] = {
    "cranfield": lambda data: cranfield(data / "cranfield"),
    "xquad_en": lambda data: xquad(data / "xquad", "en"),
    "mlflow": lambda data: mlflow(data / "mlflow_docs_qa"),
    "xquad_de": lambda data: xquad(data / "xquad", "de"),
}
USUAL = ("cranfield", "xquad_en", "mlflow")
"""The others are in a language that the embedder does not know: they show what weight it should have there."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MLWRIGHT_DATA", "../shared/data")))
    parser.add_argument("--sets", default=",".join(USUAL))
    parser.add_argument("--fp32", action="store_true", help="also compare with vectors in full precision (slow)")
    parser.add_argument("--home", type=Path, help="keep indexes and vectors here")
    options = parser.parse_args()
    names, missed, small = options.sets.split(","), list[str](), Local().build()
    found = {name: COLLECTIONS[name](options.data) for name in names}
    with tempfile.TemporaryDirectory() as scratch:
        home: Path = options.home or Path(scratch)
        for name, collection in found.items():
            missed += product(name, collection, home / name, small)
        weights({name: by_weight(collection, home / name, small) for name, collection in found.items()})
        thresholds({name: (collection, home / name) for name, collection in found.items()}, small)
        if options.fp32:
            exact = Local(precision="fp32").build()
            for name, collection in found.items():
                missed += precisions(name, collection, home / name, exact, small)
    if missed:
        sys.exit(f"missed: {'; '.join(missed)}")
    print("\nevery goal is met")


if __name__ == "__main__":
    main()
