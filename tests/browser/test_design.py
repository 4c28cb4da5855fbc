"""Documents in real Chromium: the page that is whole by itself, on screen and paper, and the pages of the design."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

import mlwright as mw
from browser.conftest import Site, Watch, make_workspace
from browser.looking import serious_in_both, too_wide

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
    assert serious_in_both(design) == []
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


def test_every_view_has_an_address_and_its_boxes_lead_to_lines(page: Page, site: Site) -> None:
    page.goto(site.url + "/diagrams")
    for view in ("Data flow", "Serving", "Trust boundaries", "Deployment"):
        page.get_by_role("link", name=view, exact=True).click()
        expect(page.locator("h2#view")).to_have_text(view)
        expect(page.get_by_role("link", name=view, exact=True)).to_have_attribute("aria-current", "page")
    page.goto(site.url + "/diagrams/serving")
    page.locator("svg.mlw-graph a", has_text="places").first.click()
    page.wait_for_url("**/blueprint#L*")
    expect(page.locator(".source-line:target")).to_be_in_viewport()


def test_a_document_shows_records_as_they_are_now(page: Page, site: Site) -> None:
    page.goto(site.url + "/design")
    page.get_by_role("link", name="Evaluation framework").click()
    page.wait_for_url("**/design/evaluation")
    expect(page.locator("h1")).to_have_text("Evaluation framework")
    page.locator(".paper a[href^='/evals/evalresult:']").first.click()
    page.wait_for_url("**/evals/evalresult:*")
    page.goto(site.url + "/design/serving")
    page.locator(".paper a[href^='/blueprint#L']").first.click()
    expect(page.locator(".source-line:target")).to_be_in_viewport()
    page.goto(site.url + "/design/evidence")
    assert page.locator(".paper h2").count() > 3


def test_findings_stand_beside_their_lines(page: Page, site: Site) -> None:
    page.goto(site.url + "/blueprint")
    line = page.locator(".source-line.flagged").first
    expect(line.locator(".finding .badge").first).to_be_visible()
    number = int(line.get_attribute("id", timeout=1000)[1:])  # type: ignore[index]
    text = (site.folder / "mlwright.yaml").read_text(encoding="utf-8").splitlines()[number - 1]
    expect(line.locator("> code")).to_have_text(text)


def test_a_document_that_is_not_there_says_so(context: BrowserContext, site: Site) -> None:
    """Outside the watch: the browser itself logs the 404 as an error."""
    page = context.new_page()
    for address in ("/design/nonsense", "/diagrams/backstage"):
        came = page.goto(site.url + address)
        assert came is not None
        assert came.status == 404
        assert "evidence" in page.content() or "deployment" in page.content()
