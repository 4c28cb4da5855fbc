"""Contextual retrieval from the blueprint to the index: priced, asked for, killed on the way, and gone on with."""

import subprocess
import sys
import time
from pathlib import Path

import mlwright as mw
from mlwright.architect import plan
from mlwright.blueprint import load
from mlwright.testing.openai_server import Answer, OpenAiServer

BLUEPRINT = """\
system: {name: support}
models:
  embed: {embedder: hashing}
  chat: {writer: {use: openai, model: gpt-4o-mini, max_tokens: 300, base_url: "URL"}}
data: {sources: {docs: {use: files, path: "docs/*.md"}}}
rag:
  support:
    documents: docs
    situate: {concurrency: 2, prompt: about.md}
    retrieve: {fuse: keyword}
serving: {endpoints: {answer: {handler: rag.support}}}
"""
PROMPT = """\
# System

Say in {{ words }} words what the chunk is about.

# User

{{ document }}

{{ chunk }}
"""
FILES, PARTS = 12, 3


def test_a_killed_run_pays_for_no_chunk_twice(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for number in range(FILES):
        parts = "".join(f"\n\n## Part {part}\n\nAbout {number} and {part}." for part in range(PARTS))
        (tmp_path / "docs" / f"{number}.md").write_text(f"# Document {number}{parts}", encoding="utf-8")
    (tmp_path / "about.md").write_text(PROMPT, encoding="utf-8")
    file = tmp_path / "mlwright.yaml"
    chunks = FILES * PARTS
    with OpenAiServer(*[Answer("It tells of zanzibar.", latency=0.03)] * 100) as server:
        file.write_text(BLUEPRINT.replace("URL", server.url), encoding="utf-8")
        child = subprocess.Popen([sys.executable, "-m", "mlwright", "ingest"], cwd=tmp_path, stdout=subprocess.DEVNULL)
        while len(server.seen) < 8 and child.poll() is None:
            time.sleep(0.005)
        child.kill()
        assert child.wait() < 0, "it was not killed on the way"
        before = len(server.seen)
        assert before < chunks
        with mw.open(file) as app:
            _, (report,) = app.ingest()
            assert report.situated is not None
            assert (report.chunks, report.situated.missing) == (chunks, 0)
            assert report.situated.known + report.situated.written == chunks
            assert before - 2 <= report.situated.known <= before
            assert len(server.seen) == before + report.situated.calls
            assert app.retrieve("zanzibar", top=3).hits
            (run,) = [one for one in app.runs(5) if "contexts_written" in one.metrics]
            assert run.metrics["contexts_calls"] == report.situated.calls
            assert "contexts_cost" in run.metrics
    lines = [line for line in plan(load(file)).costs if line.path == "rag.support.situate"]
    assert [line.per for line in lines] == ["once", "once"]
    shown = subprocess.run(
        [sys.executable, "-m", "mlwright", "ingest"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "0 contexts written, 0 known" in shown.stdout
