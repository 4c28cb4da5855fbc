"""Retrieval quality on public collections, through the shipped pipeline: parse, chunk, embed, index, fuse.

    python benchmarks/quality.py --data ../shared/data [--sets cranfield,xquad_en] [--embedder local|hashing]

A document stands where its best chunk does. Cranfield: 1,398 documents that are not empty, as Markdown with the title
as heading; 225 queries; the 225 lines of relevance code -1 are left out.
XQuAD: paragraphs as documents, one relevant paragraph a question. nDCG@10 with binary gains, R@100; the
95 % interval is a paired bootstrap over queries (2,000 draws, seed 1).
"""

import argparse
import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from mlwright.kernel import aio
from mlwright.kernel.open import open_kernel
from mlwright.models.embed import EmbedPart
from mlwright.models.embed.hashing import Config as Hashing
from mlwright.models.embed.local import Config as Local
from mlwright.rag import PipelineSpec, Rag, build_rag
from mlwright.rag.fuse import fuse
from mlwright.rag.indexes import Found
from mlwright.testing.documents import MemoryDocuments, MemoryRuns

DEPTH = 400
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


def ndcg(ranked: Sequence[str], relevant: set[str], depth: int = 10) -> float:
    gains = sum(1 / np.log2(rank + 2) for rank, key in enumerate(ranked[:depth]) if key in relevant)
    return float(gains / sum(1 / np.log2(rank + 2) for rank in range(min(depth, len(relevant)))))


def recall(ranked: Sequence[str], relevant: set[str], depth: int = 100) -> float:
    return len(set(ranked[:depth]) & relevant) / len(relevant)


def candidates(rag: Rag, queries: Mapping[str, str]) -> dict[str, tuple[list[Found], list[Found]]]:
    """Both lists of every query, as deep as any setting needs, so that settings are compared on the same search."""
    index, embedder = rag._index(), rag._embedder
    vectors = aio.run(embedder.embed(list(queries.values()), "query"))
    return {
        key: (index.by_vector(vector, DEPTH), index.by_words(text, DEPTH))
        for (key, text), vector in zip(queries.items(), vectors, strict=True)
    }


def ranked_documents(rag: Rag, ids: Sequence[str], key_of: dict[str, str]) -> list[str]:
    return list(dict.fromkeys(key_of[id_] for id_ in ids))


def build(home: Path, documents: Mapping[str, str], embed: EmbedPart) -> Rag:
    source = MemoryDocuments({f"{key}.md": text for key, text in documents.items()})
    spec = PipelineSpec.model_validate({"documents": "docs"})
    kernel = open_kernel(home)
    rag = build_rag(
        "bench", spec, kernel, embedder=embed.build(), chat={}, prices={}, source=source, record=MemoryRuns()
    )
    report = aio.run(rag.ingest())
    print(f"  {report.documents} documents, {report.chunks} chunks, {report.seconds['total']:.0f} s")
    return rag


def settings(top: int) -> dict[str, Callable[[list[Found], list[Found]], list[str]]]:
    def mixed(how: str, weight: float = 0.5) -> Callable[[list[Found], list[Found]], list[str]]:
        return lambda near, words: [one.id for one in fuse(how, near[:top], words[:top], weight)]  # type: ignore[arg-type]

    return {
        "keyword": mixed("keyword"),
        "vector": mixed("vector"),
        "rrf": mixed("rrf"),
        **{f"convex {weight:.1f}": mixed("convex", weight) for weight in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)},
    }


def interval(differences: Sequence[float]) -> str:
    values, draws = np.array(differences), np.random.default_rng(1)
    means = [values[draws.integers(0, len(values), len(values))].mean() for _ in range(2000)]
    return f"{values.mean():+.4f} [{np.quantile(means, 0.025):+.4f}, {np.quantile(means, 0.975):+.4f}]"


def score(name: str, collection: Collection, home: Path, embed: EmbedPart, tops: Sequence[int]) -> None:
    documents, queries, relevant = collection
    print(f"\n{name}: {len(documents)} documents, {len(relevant)} queries, embedder {embed.use}")
    rag = build(home / name, documents, embed)
    key_of = {c.ref.id: c.key.removesuffix(".md") for d in rag.documents() for c in rag.chunks(d.version)}
    found = candidates(rag, {key: queries[key] for key in relevant})
    print(f"  {'':14}{'top':>5}{'nDCG@10':>10}{'R@100':>9}   difference to the better single retriever, 95 %")
    for top in tops:
        results = {
            label: {q: ranked_documents(rag, rank(*found[q]), key_of) for q in relevant}
            for label, rank in settings(top).items()
        }
        per_query = {label: [ndcg(r[q], relevant[q]) for q in relevant] for label, r in results.items()}
        best = max(("keyword", "vector"), key=lambda label: sum(per_query[label]))
        for label, ranks in results.items():
            deep = np.mean([recall(ranks[q], relevant[q]) for q in relevant])
            against = interval(np.subtract(per_query[label], per_query[best]).tolist()) if label != best else "(best)"
            print(f"  {label:14}{top:5}{np.mean(per_query[label]):10.4f}{deep:9.4f}   {against}")
    rag.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", default="cranfield,xquad_en")
    parser.add_argument("--embedder", choices=["local", "hashing"], default="local")
    parser.add_argument("--tops", default="50,100,200")
    options = parser.parse_args()
    embed: EmbedPart = Local() if options.embedder == "local" else Hashing()
    tops = [int(top) for top in options.tops.split(",")]
    with tempfile.TemporaryDirectory() as home:
        for name in options.sets.split(","):
            folder = options.data / name.partition("_")[0]
            collection = cranfield(folder) if name == "cranfield" else xquad(folder, name.partition("_")[2])
            score(name, collection, Path(home), embed, tops)


if __name__ == "__main__":
    main()
