"""A small system of pumps: documents of each format, a golden set, and its blueprint."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import mlwright as mw

PUMPS = """# Pumps

## Priming

Fill the pump housing with water before the first start. A dry start destroys the seal within a minute.

## Maintenance

Replace the mechanical seal every 4,000 hours of operation. Check the coupling for play once a month.
"""
VALVES = """<!doctype html><html lang="en"><head><title>Valves</title></head><body>
<nav><a href="/">Home</a> <a href="/pumps">Pumps</a></nav>
<main><h1>Valves</h1><p>The relief valve opens at 6 bar and closes again at 5 bar.</p>
<p>Test the relief valve every six months by raising the pressure slowly until it opens.</p></main>
<footer>Imprint</footer></body></html>
"""
NOTES = "The night shift reported a leak at pump 7. The gasket was replaced on Tuesday.\n"
GOLDEN = """{"id": "seal", "input": "How often is the mechanical seal replaced?", "expected_output": "every 4,000 hours", "relevant": [{"document": "pumps.md", "quote": "every 4,000 hours"}]}
{"id": "valve", "input": "At which pressure does the relief valve open?", "expected_output": "6 bar", "relevant": [{"document": "valves.html", "quote": "opens at 6 bar"}]}
{"id": "leak", "input": "Which pump had a leak?", "expected_output": "pump 7", "relevant": [{"document": "notes.txt"}]}
{"id": "moon", "input": "How far away is the moon?", "unanswerable": true}
"""
BLUEPRINT = """version: 1
system: {name: pumps, owner: plant, purpose: answers questions about pumps}
data:
  sources:
    docs: {use: files, path: "docs/**/*.{md,html,txt,pdf}"}
rag:
  plant: {documents: docs, generate: {model: writer}}
evals:
  sets: {golden: {path: golden.jsonl}}
  gates:
    quality: {set: golden, require: {"recall@5": ">= 0.6", citation_accuracy: ">= 0.5"}}
serving:
  endpoints:
    answer:
      handler: rag.plant
      cache: {exact: 1h}
      fallback: [rule.top_passages]
      rollout: {steps: [10%, 100%], gate: quality}
"""


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """The folder of the system; its blueprint is `mlwright.yaml`."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "pumps.md").write_text(PUMPS, encoding="utf-8")
    (docs / "valves.html").write_text(VALVES, encoding="utf-8")
    (docs / "notes.txt").write_text(NOTES, encoding="utf-8")
    (tmp_path / "golden.jsonl").write_text(GOLDEN, encoding="utf-8")
    (tmp_path / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
    return tmp_path


@pytest.fixture
def app(plant: Path) -> Iterator[mw.App]:
    """The system, open and up."""
    with mw.open(plant / "mlwright.yaml") as app:
        app.up()
        yield app
