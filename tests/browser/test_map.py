"""The map in real Chromium: drawn once, pointed at, walked by keyboard, coloured, asked."""

import re

import httpx2
import pytest
from playwright.sync_api import Page, expect

from browser.conftest import SEAL, Site
from browser.looking import serious_in_both, too_wide

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def mapped(site: Site) -> Site:
    """Drawn already."""
    assert httpx2.get(site.url + "/map?draw=1", timeout=60).status_code == 200
    return site


def test_a_map_is_drawn_when_it_is_first_looked_at(page: Page, site: Site) -> None:
    page.goto(site.url + "/documents")
    page.get_by_role("navigation", name="Documents").get_by_role("link", name="Map").click()
    page.wait_for_url("**/map")
    expect(page.locator(".scatter .dots").first).to_be_attached()
    expect(page.get_by_role("application", name="Map")).to_be_visible()
    expect(page.locator(".legend li").first).to_be_visible()


def test_a_point_is_told_to_a_pointer_and_opened_by_a_click(page: Page, mapped: Site) -> None:
    page.goto(mapped.url + "/map")
    x, y = page.locator(".dots").first.evaluate(
        """path => {
          const [, x, y] = /M([\\d.]+) ([\\d.]+)/.exec(path.getAttribute("d"));
          const frame = path.ownerSVGElement.getBoundingClientRect();
          return [frame.left + x * frame.width / 1000, frame.top + y * frame.width / 1000];
        }"""
    )
    page.mouse.move(x + 2, y + 2)
    expect(page.locator("#point")).to_be_visible()
    told = page.locator("#point .quiet").first.inner_text()
    assert re.search(r"(page|lines?) \d", told)
    page.mouse.click(x + 2, y + 2)
    page.wait_for_url("**chunk=chunk%3A*")
    expect(page.locator("#chosen")).to_contain_text(told.split(",")[0])
    expect(page.locator("circle.chosen")).to_be_attached()
    page.get_by_role("link", name="Open in its document").click()
    page.wait_for_url("**/documents/**")


def test_the_arrow_keys_walk_from_point_to_point(page: Page, mapped: Site) -> None:
    page.goto(mapped.url + "/map")
    page.get_by_role("application", name="Map").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#point")).to_be_visible()
    first = page.locator(".cursor").get_attribute("cx"), page.locator(".cursor").get_attribute("cy")
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    second = page.locator(".cursor").get_attribute("cx"), page.locator(".cursor").get_attribute("cy")
    assert first != second
    page.keyboard.press("+")
    expect(page.locator(".scatter")).not_to_have_attribute("viewBox", "0 0 1000 1000")
    page.keyboard.press("0")
    expect(page.locator(".scatter")).to_have_attribute("viewBox", "0 0 1000 1000")
    page.keyboard.press("Enter")
    page.wait_for_url("**chunk=chunk%3A*")


def test_a_question_lies_among_the_points_with_what_it_finds(page: Page, mapped: Site) -> None:
    page.goto(mapped.url + "/map")
    page.get_by_label("A question among the points").fill(SEAL)
    page.keyboard.press("Enter")
    page.wait_for_url("**/map?q=**")
    expect(page.locator("circle.asked")).to_be_attached()
    found = page.locator("section", has=page.get_by_role("heading", name="What it finds")).locator("li")
    expect(found.first).to_contain_text("pumps.md")
    assert page.locator("circle.hit").count() == found.count()
    found.first.locator("a").click()
    page.wait_for_url("**chunk=chunk%3A*")
    expect(page.locator("#chosen")).to_contain_text("4,000 hours")
    expect(page.locator("circle.asked")).to_be_attached()


def test_points_are_coloured_and_clusters_are_lists(page: Page, mapped: Site) -> None:
    page.goto(mapped.url + "/map")
    points = sum(len(str(one.get_attribute("data-n")).split()) for one in page.locator(".dots").all())
    expect(page.locator("#points")).to_have_text(f"{points} chunks")
    page.locator(".legend a").first.click()
    page.wait_for_url("**cluster=1**")
    expect(page.locator(".scatter.dim .dots.on")).to_have_count(1)
    size = int(page.locator(".legend li").first.locator(".quiet").inner_text())
    expect(page.locator("#inside li")).to_have_count(min(size, 20))
    page.get_by_label("Colour by").select_option("document")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**by=document**")
    expect(page.locator(".legend")).to_contain_text("duties.md")


def test_a_point_of_another_version_is_not_told(mapped: Site) -> None:
    assert httpx2.get(mapped.url + "/map/point?n=0&of=other").status_code == 404
    assert httpx2.get(mapped.url + "/map?chunk=chunk:nowhere").status_code == 404


@pytest.mark.parametrize("query", ["", f"?q={SEAL}", "?by=folder", "?cluster=1"])
def test_it_is_accessible_in_light_and_dark_and_narrow_enough(page: Page, mapped: Site, query: str) -> None:
    page.goto(mapped.url + "/map" + query)
    assert serious_in_both(page) == []
    assert not too_wide(page)
