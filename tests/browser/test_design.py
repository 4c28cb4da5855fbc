"""The page of documents in real Chromium: whole by itself, accessible in light and dark, narrow, and on paper."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import mlwright as mw
from browser.conftest import Watch, make_workspace
from browser.looking import serious, too_wide

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of documents of a workspace that has answered, was evaluated and has a canary."""
    folder = tmp_path_factory.mktemp("documents")
    make_workspace(folder)
    with mw.open(folder / "mlwright.yaml") as app:
        return app.document().folder


@pytest.fixture
def design(chromium: Browser, documents: Path, watch: Watch) -> Page:
    """The page as a file, at 1280 pixels."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    address = (documents / "design.html").as_uri()
    watch.on(page, address)
    page.goto(address)
    return page


def test_the_page_is_whole_accessible_and_narrow_enough(design: Page, watch: Watch) -> None:
    problems = []
    for scheme in ("light", "dark"):
        design.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        problems += [f"{scheme} {problem}" for problem in serious(design)]
    assert problems == []
    assert not too_wide(design)
    assert watch.errors == []
    assert watch.foreign == []


def test_a_statement_leads_to_its_line_and_a_box_too(design: Page) -> None:
    design.locator("#serving table a[href^='#blueprint-L']").first.click()
    line = design.locator(".source span:target")
    assert line.count() == 1
    assert design.url.rpartition("-L")[2].isdigit()
    design.locator("#diagrams svg a").first.click()
    assert "#blueprint-L" in design.url
    design.locator("#evaluation a[href^='#evidence--evalresult']").first.click()
    assert design.locator("h3:target").inner_text().startswith("evalresult:")


def test_it_is_printed_to_paper(documents: Path) -> None:
    with mw.open(documents.parent / "mlwright.yaml") as app:
        done = app.document(pdf=True)
    assert done.pdf is not None
    assert done.pdf.read_bytes().startswith(b"%PDF-")
    assert done.pdf.stat().st_size > 50_000
    assert not done.changed
