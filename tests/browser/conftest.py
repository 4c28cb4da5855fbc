"""A real server over a real workspace, and a real Chromium to look at it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

import mlwright as mw
from mlwright.testing.pdf import column, made

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
PATIENCE = 30_000
"""Milliseconds: a machine may be busy."""
expect.set_options(timeout=PATIENCE)
SEAL = "How often is the mechanical seal replaced?"
BLUEPRINT = """version: 1
system: {name: pumps, owner: plant, purpose: answers questions about pumps}
models: {embed: {embedder: {use: hashing}}}
data: {sources: {docs: {use: files, path: "docs/**/*.{md,html,txt,pdf}"}}}
rag: {plant: {documents: docs, retrieve: {min_score: 0.0}}}
evals:
  sets: {golden: {path: golden.jsonl}}
  gates: {quality: {set: golden, require: {"recall@5": ">= 0.5"}}}
serving:
  endpoints:
    answer: {handler: rag.plant, fallback: [rule.top_passages], rollout: {steps: [10%, 100%], gate: quality}}
"""
GOLDEN = """{"id": "seal", "input": "How often is the mechanical seal replaced?", "expected_output": "every 4,000 hours", "relevant": [{"document": "pumps.md", "quote": "every 4,000 hours"}]}
{"id": "valve", "input": "At which pressure does the relief valve open?", "expected_output": "6 bar", "relevant": [{"document": "valves.html"}]}
"""
MANUAL = [
    [f"Page {page}: bolt number {bolt} of the motor is tightened with {20 + bolt} newton metres." for bolt in range(40)]
    for page in ("one", "two", "three")
]
DUTIES = " ".join(f"Duty {number} is done by the shift before the {number % 24} o'clock round." for number in range(90))


@dataclass
class Site:
    """Where the server listens, and whose workspace it shows."""

    url: str
    folder: Path


@dataclass
class Watch:
    """What a page did that it must not do."""

    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    unprotected: list[str] = field(default_factory=list)

    def on(self, page: Page, home: str) -> None:
        def request(sent: Request) -> None:
            if not sent.url.startswith((home, "data:", "blob:")):
                self.foreign.append(sent.url)

        def response(came: Response) -> None:
            if came.url.startswith(home) and "default-src" not in came.headers.get("content-security-policy", ""):
                self.unprotected.append(came.url)

        def console(said: ConsoleMessage) -> None:
            if said.type == "error":
                self.errors.append(f"{page.url}: {said.text}")

        page.on("request", request)
        page.on("response", response)
        page.on("console", console)
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))


def make_workspace(folder: Path) -> None:
    """Documents, an answer, an evaluation, and a second release that waits as a canary."""
    docs = folder / "docs"
    docs.mkdir(parents=True)
    (docs / "pumps.md").write_text(
        "# Pumps\n\n## Priming\n\nFill the pump housing with water before the first start.\n\n"
        "## Maintenance\n\nReplace the mechanical seal every 4,000 hours of operation. Check the coupling monthly.\n",
        encoding="utf-8",
    )
    (docs / "valves.html").write_text(
        "<!doctype html><title>Valves</title><main><h1>Valves</h1><p>The relief valve opens at a pressure of 6 bar.</p></main>",
        encoding="utf-8",
    )
    (docs / "hostile.html").write_text(
        "<!doctype html><title>Fans</title><p>The fan blows 900 cubic metres an hour.</p>"
        "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">",
        encoding="utf-8",
    )
    (docs / "manual.pdf").write_bytes(made(*(column(50, 740, *lines) for lines in MANUAL)))
    (docs / "duties.md").write_text(f"# Duties\n\n{DUTIES}\n", encoding="utf-8")
    (docs / "empty.txt").write_bytes(b"")
    (folder / "golden.jsonl").write_text(GOLDEN, encoding="utf-8")
    blueprint = folder / "mlwright.yaml"
    blueprint.write_text(BLUEPRINT, encoding="utf-8")
    with mw.open(blueprint) as app:
        app.up()
        app.feedback(app.ask(SEAL).ref, 1, "just right")
    blueprint.write_text(BLUEPRINT.replace("min_score: 0.0", "min_score: 0.0, keep: 5"), encoding="utf-8")
    with mw.open(blueprint) as app:
        app.up()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    make_workspace(folder)
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "mlwright", "serve", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout
    said = ""
    while not (found := re.search(r"http://\S+", said)):
        said = server.stdout.readline()
        assert said, "the server ended"
    yield Site(found.group(), folder)
    server.terminate()
    server.communicate(timeout=30)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Gone with the module: while it lives, its loop runs, and no other test could run one."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("MLWRIGHT_CI"):
            pytest.fail("there is no Chromium, and CI has to have one")
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def page(context: BrowserContext, site: Site, watch: Watch) -> Iterator[Page]:
    page = context.new_page()
    watch.on(page, site.url)
    yield page
    assert watch.errors == []
    assert watch.foreign == []
    assert watch.unprotected == []
