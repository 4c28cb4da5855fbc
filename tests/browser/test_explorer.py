"""The retrieval explorer in real Chromium: stages, scores, filters, and two settings side by side."""

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import SEAL, Site
from browser.looking import serious_in_both, too_wide

pytestmark = pytest.mark.browser


def test_a_question_shows_passages_with_their_words_marked_and_every_stage(page: Page, site: Site) -> None:
    page.goto(site.url + "/retrieve")
    page.locator("#q").fill(SEAL)
    page.keyboard.press("Enter")
    page.wait_for_url("**/retrieve?q=**")
    first = page.locator(".passages li").first
    expect(first).to_contain_text("every 4,000 hours")
    assert {word.lower() for word in first.locator("mark").all_text_contents()} >= {"mechanical", "seal"}
    stages = page.get_by_role("table").last
    for name in ("rewrite", "embed", "vector", "keyword", "fuse", "dedupe", "keep"):
        expect(stages.get_by_role("row", name=name).first).to_be_visible()
    first.locator("a").first.click()
    page.wait_for_url("**/documents/**")
    expect(page.locator("mark#span")).to_be_in_viewport()


def test_two_settings_stand_side_by_side_and_the_address_holds_them(page: Page, site: Site) -> None:
    page.goto(site.url + f"/retrieve?q={SEAL}")
    page.get_by_label("Side by side").check()
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**compare=1**")
    right = page.get_by_role("group", name="Right")
    right.get_by_label("Fusion").select_option("keyword")
    right.get_by_label("Passages").fill("1")
    right.get_by_label("Feedback").select_option("on")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**b.fuse=keyword**")
    expect(page.get_by_role("heading", name="1 passage right")).to_be_visible()
    expect(page.locator(".passages").first.locator("li")).not_to_have_count(1)
    expect(page.get_by_text("only here").first).to_be_visible()
    expect(page.get_by_role("region", name="Stages right").get_by_role("rowheader", name="feedback")).to_be_visible()
    address = page.url
    page.goto(site.url + "/")
    page.goto(address)
    expect(page.get_by_role("heading", name="1 passage right")).to_be_visible()


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("where=colour+%3D+red", "colour"),
        ("where=%28%28", "filter"),
        ("at=99", "no version '99'"),
        ("a.keep=many", "'many' is no number"),
        ("a.keep=0", "greater than or equal to 1"),
        ("a.fuse=magic", "convex"),
    ],
)
def test_what_cannot_be_searched_is_said_on_the_page(page: Page, site: Site, query: str, told: str) -> None:
    page.goto(f"{site.url}/retrieve?q=seal&{query}")
    expect(page.get_by_role("alert")).to_contain_text(told)


@pytest.mark.parametrize("path", ["/retrieve", f"/retrieve?q={SEAL}&compare=1&b.fuse=rrf"])
def test_it_is_accessible_in_light_and_dark_and_narrow_enough(page: Page, site: Site, path: str) -> None:
    page.goto(site.url + path)
    assert serious_in_both(page) == []
    assert not too_wide(page)
