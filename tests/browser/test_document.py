"""A document in real Chromium: chunks over its text, and the file beside it, in step."""

import re

import httpx2
import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Site
from browser.looking import serious_in_both, too_wide

pytestmark = pytest.mark.browser
MANUAL, DUTIES = "/documents/document:docs/manual.pdf", "/documents/document:docs/duties.md"


def test_pages_of_a_pdf_keep_in_step_with_the_text(page: Page, site: Site) -> None:
    page.goto(site.url + MANUAL)
    picture = page.locator("#picture")
    expect(picture).to_have_js_property("naturalWidth", 1240)
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile(r"page=2"))
    expect(page.locator("#page-2")).to_be_in_viewport()
    expect(picture).to_have_attribute("src", re.compile(r"/pages/2\.png$"))
    expect(picture).to_have_js_property("naturalWidth", 1240)
    page.evaluate("document.getElementById('page-3').scrollIntoView()")
    expect(page.locator("#shown")).to_have_text("3")
    page.reload()
    expect(page.locator("#shown")).to_have_text("3")
    expect(page.get_by_role("link", name="Next")).to_be_hidden()
    page.get_by_role("link", name="Source").evaluate("link => link.click()")  # which does not scroll there first
    expect(page.locator("#text")).to_have_count(0)
    expect(page.locator("#shown")).to_have_text("3")
    expect(page.get_by_role("link", name="Source")).to_have_attribute("aria-current", "true")


def test_a_chunk_lights_up_with_what_it_shares(page: Page, site: Site) -> None:
    page.goto(site.url + DUTIES)
    chips = page.locator(".chip")
    assert chips.count() > 3
    assert page.locator("#text .both").count() > 0
    chips.nth(1).focus()
    expect(page.locator("#told")).to_contain_text("Chunk 2, ")
    expect(page.locator("#told")).to_contain_text("with chunk 1 and ")
    lit = page.locator("#text .on:not(.chip)")
    assert {one.get_attribute("data-c") for one in lit.all()} == {"1 2", "2", "2 3"}
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#chunk-2$"))
    page.goto(page.url)
    expect(page.locator("#told")).to_contain_text("Chunk 2, ")
    page.locator("#text [data-c='3']").first.hover()
    expect(page.locator("#told")).to_contain_text("Chunk 3, ")


def test_a_cited_span_shows_its_page(page: Page, site: Site) -> None:
    page.goto(site.url + "/ask?q=Page+three+bolt+number+39+newton+metres")
    page.locator("#answer a[href*='manual.pdf'], #answer a[href*='/documents/version']").first.click()
    page.wait_for_url("**/documents/**")
    expect(page.locator("mark#span")).to_be_in_viewport()
    expect(page.locator("#shown")).to_have_text("3")


def test_the_source_of_html_is_text_and_never_runs(page: Page, site: Site) -> None:
    page.goto(site.url + "/documents/document:docs/hostile.html")
    source = page.get_by_role("region", name="Source as it was written")
    expect(source).to_contain_text("<script>document.title = 'owned'</script>")
    assert page.locator(".lines script, .lines img").count() == 0
    assert "owned" not in page.title()
    with page.expect_download() as loading:
        page.get_by_role("link", name="Original").click()
    assert loading.value.suggested_filename == "hostile.html"
    assert "onerror" in loading.value.path().read_text(encoding="utf-8")


def test_an_original_is_never_shown_by_the_browser(page: Page, site: Site) -> None:
    page.goto(site.url + "/documents/document:docs/hostile.html")
    address = page.get_by_role("link", name="Original").get_attribute("href")
    came = httpx2.get(site.url + str(address))
    assert came.headers["content-disposition"].startswith("attachment")
    assert came.headers["x-content-type-options"] == "nosniff"
    assert came.headers["content-type"] == "application/octet-stream"
    picture = str(address).replace("/original", "/pages/1.png")
    assert httpx2.get(site.url + picture).status_code == 404


def test_lines_of_a_text_file_keep_in_step(page: Page, site: Site) -> None:
    page.goto(site.url + "/documents/document:docs/pumps.md?view=both")
    lines = page.locator(".lines li").all_inner_texts()
    assert lines[0] == "# Pumps"
    assert page.locator("#L5 .doc-text").inner_text() == page.locator("#S5").inner_text()
    assert page.locator(".source-body[data-alike]").count() == 1


@pytest.mark.parametrize("view", ["both", "text", "source"])
@pytest.mark.parametrize("path", [MANUAL, DUTIES])
def test_it_is_accessible_in_light_and_dark_and_narrow_enough(page: Page, site: Site, path: str, view: str) -> None:
    page.goto(f"{site.url}{path}?view={view}#chunk-2")
    assert serious_in_both(page) == []
    assert not too_wide(page)
