"""Adding and removing documents while the system runs: over Python, HTTP and the command line."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

import mlwright as mw
from faces.api_house import running
from mlwright.app import App
from mlwright.faces.api import make_api
from mlwright.faces.cli.main import cli
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import NotFound, TransientError, UserError

BLUEPRINT = """version: 1
system: {name: pumps}
models: {embed: {embedder: {use: hashing}}}
data: {sources: {docs: {use: files, path: docs}}}
rag: {plant: {documents: docs, retrieve: {min_score: 0.0}}}
serving: {endpoints: {answer: {handler: rag.plant, cache: {exact: 1h}}}}
"""
SEAL = b"# Pumps\n\nReplace the mechanical seal every 4,000 hours of operation.\n"
VALVE = b"# Valves\n\nThe relief valve opens at a pressure of 6 bar.\n"
ASKED = "How often is the mechanical seal replaced?"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "valves.md").write_bytes(VALVE)
    (tmp_path / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
    with mw.open(tmp_path / "mlwright.yaml") as opened:
        opened.up()
        yield opened


def states(app: App) -> dict[str, str]:
    return {one.name: one.state for one in app.added()}


def test_a_file_is_added_found_and_gone(app: App) -> None:
    assert app.ask(ASKED).citations == () or "4,000" not in app.ask(ASKED).text
    (upload,), job = app.add([("pumps.md", SEAL)])
    assert states(app) == {"pumps.md": "queued"}
    app.settle(job)
    assert states(app) == {"pumps.md": "searchable"}
    answer = app.ask(ASKED)
    assert "4,000 hours" in answer.text
    assert answer.citations[0].document == upload.document
    assert app.ask(ASKED).text == answer.text
    app.remove(upload.document)
    assert app.added() == []
    assert "4,000 hours" not in app.ask(ASKED).text, "neither the index nor a cache holds it"
    assert all("seal" not in hit.chunk.text for hit in app.retrieve(ASKED).hits)
    assert "6 bar" in app.ask("At which pressure does the relief valve open?").text
    with pytest.raises(NotFound):
        app.remove(upload.document)


def test_a_newer_file_of_the_same_name_takes_its_place(app: App) -> None:
    for text in (SEAL, SEAL.replace(b"4,000", b"5,500")):
        app.settle(app.add([("pumps.md", text)])[1])
    assert "5,500 hours" in app.ask(ASKED).text
    assert len(app.added()) == 1


def test_what_cannot_be_read_says_why_and_can_be_tried_again(app: App) -> None:
    _, job = app.add([("empty.md", b""), ("broken.pdf", b"%PDF-1.7 nothing"), ("pumps.md", SEAL)])
    app.settle(job)
    found = {one.name: one for one in app.added()}
    assert {name: one.state for name, one in found.items()} == {
        "empty.md": "quarantined",
        "broken.pdf": "quarantined",
        "pumps.md": "searchable",
    }
    assert found["empty.md"].reason == "empty"
    assert found["broken.pdf"].message
    assert app.retry("docs", ["uploads/broken.pdf"]) == 1
    assert app.kernel.jobs.run_pending() >= 1
    assert states(app)["broken.pdf"] == "quarantined", "it is still broken"


def test_names_are_made_safe_and_sizes_are_capped(app: App) -> None:
    uploads, _ = app.add([("../../etc/pass wd.md", SEAL), ("C:\\x\\.hidden.md", SEAL), ("a\x00b.md", SEAL)])
    assert [one.key for one in uploads] == ["uploads/pass wd.md", "uploads/hidden.md", "uploads/ab.md"]
    for files in ([("", SEAL)], [("..", SEAL)], [("big.md", bytes(64_000_001))], [("ok.md", SEAL), ("/", SEAL)]):
        with pytest.raises(UserError):
            app.add(files)
    assert "ok.md" not in states(app), "all of a request or none of it"


def test_uploads_may_be_all_there_is(tmp_path: Path) -> None:
    (tmp_path / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
    with mw.open(tmp_path / "mlwright.yaml") as app:
        uploads, job = app.add([("pumps.md", SEAL)])
        app.settle(job)
        app.up()
        assert "4,000 hours" in app.ask(ASKED).text
        app.remove(uploads[0].document)
        assert app.ask(ASKED).abstained
        assert app.pipeline().documents() == []


def test_a_source_is_read_again_when_its_time_comes(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "valves.md").write_bytes(VALVE)
    file = tmp_path / "mlwright.yaml"
    file.write_text(BLUEPRINT.replace("path: docs}", "path: docs, refresh: hourly}"), encoding="utf-8")
    clock = ManualClock(datetime(2026, 11, 28, 12, 30, tzinfo=UTC))
    with mw.open(file, clock=clock) as app:
        app.up()
        release = app.release
        (tmp_path / "docs" / "pumps.md").write_bytes(SEAL)
        assert app.kernel.jobs.run_pending() == 0
        clock.advance(timedelta(minutes=31))
        assert app.kernel.jobs.run_pending() == 1
        assert "4,000 hours" in app.ask(ASKED).text
    file.write_text(BLUEPRINT, encoding="utf-8")
    clock.advance(timedelta(days=1))
    with mw.open(file, clock=clock) as app:
        assert app.release == release, "when a source is read changes no answer"
        assert app.kernel.jobs.run_pending() == 0


def test_a_folder_that_went_missing_takes_nothing_with_it(app: App, tmp_path: Path) -> None:
    (tmp_path / "docs").rename(tmp_path / "elsewhere")
    _, job = app.add([("pumps.md", SEAL)])
    with pytest.raises(TransientError, match="not ingested"):
        app.settle(job)
    assert states(app) == {"pumps.md": "failed"}
    assert len(app.pipeline().documents()) == 1
    (tmp_path / "elsewhere").rename(tmp_path / "docs")
    app.settle(app.add([("more.md", SEAL)])[1])
    assert set(states(app).values()) == {"searchable"}


def test_documents_come_and_go_over_http(app: App) -> None:
    with app.working(), running(make_api(app)) as url, httpx2.Client(base_url=url, timeout=20) as client:
        came = client.post("/v1/documents", files=[("file", ("pumps.md", SEAL)), ("file", ("notes.txt", b"A leak."))])
        assert came.status_code == 202, came.text
        assert [one["key"] for one in came.json()["documents"]] == ["uploads/pumps.md", "uploads/notes.txt"]
        text = client.post("/v1/documents", json={"name": "valve.md", "text": "Valves open."})
        assert text.status_code == 202
        app.settle(mw.Ref.parse(text.json()["job"]))
        listed = client.get("/v1/uploads").json()
        assert {one["key"]: one["state"] for one in listed} == dict.fromkeys(
            ("uploads/pumps.md", "uploads/notes.txt", "uploads/valve.md"), "searchable"
        )
        assert "4,000" in client.post("/v1/ask", json={"question": ASKED}).json()["text"]
        assert client.delete(f"/v1/documents/{listed[0]['document']}").status_code == 200
        assert client.delete(f"/v1/documents/{listed[0]['document']}").status_code == 404
        assert client.delete("/v1/documents/document:docs/valves.md").status_code == 404, "that one is a file's"
        foreign = {"origin": "https://example.org"}
        assert client.post("/v1/documents", files={"file": ("x.md", SEAL)}, headers=foreign).status_code == 403
        assert client.post("/v1/documents", content=b"x", headers={"content-type": "text/plain"}).status_code == 415
        assert client.post("/v1/documents", files={"other": ("", b"")}).status_code == 400
        assert client.get("/v1/quarantine").json() == []
        assert client.post("/v1/quarantine/retry", json={"source": "docs"}).json() == {"files": 0}


def test_a_body_with_files_may_be_long_and_has_an_end(app: App) -> None:
    api = make_api(app, max_body=1000, max_upload=50_000)
    with running(api) as url, httpx2.Client(base_url=url, timeout=20) as client:
        assert client.post("/v1/documents", files={"file": ("a.md", SEAL * 100)}).status_code == 202
        assert client.post("/v1/documents", files={"file": ("a.md", SEAL * 1000)}).status_code == 413
        assert client.post("/v1/ask", json={"question": "x" * 2000}).status_code == 413


def test_files_are_added_and_removed_from_the_command_line(app: App, tmp_path: Path) -> None:
    (tmp_path / "pumps.md").write_bytes(SEAL)
    (tmp_path / "empty.md").write_bytes(b"")
    file = ["--file", str(app.path)]
    run = CliRunner().invoke(cli, ["add", str(tmp_path / "pumps.md"), *file, "--json"])
    assert run.exit_code == 0, run.output
    (added,) = json.loads(run.stdout)["added"]
    assert added["state"] == "searchable"
    assert CliRunner().invoke(cli, ["add", str(tmp_path / "empty.md"), *file]).exit_code == 7
    assert "removed" in CliRunner().invoke(cli, ["remove", added["document"], *file]).stdout
