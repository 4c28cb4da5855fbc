"""A streamed answer from the model to the client: citations as they come, and a stream that breaks is told as such."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2

import mlwright as mw
from mlwright.testing.openai_server import Answer, OpenAiServer

BLUEPRINT = """\
system: {name: pumps}
models:
  embed: {embedder: hashing}
  chat: {writer: {use: openai, model: gpt-4o-mini, max_tokens: 300, base_url: "URL"}}
data: {sources: {docs: {use: files, path: docs}}}
rag: {plant: {documents: docs, retrieve: {fuse: keyword}}}
serving: {endpoints: {answer: {handler: rag.plant}}}
"""
FACTS = "Replace the seal every 4,000 hours. The seal is made of rubber."
SAID = "Replace the seal every 4,000 hours [1]. The seal is made of rubber [1]. Both are so."
BODY = {"question": "How often is the seal replaced?", "stream": True}


def asked(url: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of one answer."""
    found = []
    for block in httpx2.post(f"{url}/v1/ask", json=BODY, timeout=60).text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_citations_come_as_they_are_made_and_a_break_is_an_error_event(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "pumps.md").write_text(FACTS, encoding="utf-8")
    file = tmp_path / "mlwright.yaml"
    with OpenAiServer(Answer(SAID), Answer(SAID, cut_after=9), Answer(SAID)) as server:
        file.write_text(BLUEPRINT.replace("URL", server.url), encoding="utf-8")
        with mw.open(file) as app:
            app.up()
        command = [sys.executable, "-u", "-m", "mlwright", "serve", "--port", "0"]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as serving:
            try:
                assert serving.stdout
                lines = (re.search(r"http://\S+", line) for line in serving.stdout)
                url = next(found[0] for found in lines if found)
                whole, broken, again = (asked(url) for _ in range(3))
            finally:
                serving.terminate()
        assert serving.returncode == 0
    names = [name for name, _ in whole]
    assert (names.count("citation"), names[-1]) == (2, "done")
    assert names.index("citation") < names.index("token"), "nothing is said before what supports it"
    second = len(names) - 1 - names[::-1].index("citation")
    assert "token" in names[:second] and set(names[second + 1 : -1]) == {"token"}, "the second comes on the way"
    assert "".join(data["text"] for name, data in whole if name == "token") == whole[-1][1]["text"] == SAID
    name, error = broken[-1]
    assert (name, error["status"]) == ("error", 503)
    assert {name for name, _ in broken[:-1]} == {"citation", "token"}, "what was said before stays said"
    assert again[-1][0] == "done"
    with mw.open(file) as app:
        assert len(app.answers()) == 2, "what broke off is not kept"
