"""Every page in real Chromium: no console error, no foreign request, accessible in light and dark, narrow enough."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import SEAL, Site, Watch
from browser.looking import serious, serious_in_both, too_wide

pytestmark = pytest.mark.browser

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SHAPES = {
    "/", "/ask", "/chat", "/retrieve", "/documents", "/documents/*", "/indexes", "/map", "/answers", "/answers/*", "/evals", "/evals/*", "/runs", "/runs/*",
    "/releases", "/design", "/design/*", "/diagrams", "/diagrams/*", "/blueprint", "/plan", "/why/*", "/blast/*", "/trace/*", "/style",
}  # fmt: skip
"""What a walk from the home page must meet; `*` stands for a reference."""


def shape(path: str) -> str:
    """`/answers/01jd…` is `/answers/*`."""
    first, _, rest = path.strip("/").partition("/")
    return f"/{first}/*" if rest else f"/{first}"


def links(page: Page, site: Site) -> list[str]:
    found = page.eval_on_selector_all(
        "a[href]", "all => all.map(one => new URL(one.getAttribute('href'), location.href).href)"
    )
    return [link for link in found if link.startswith(site.url) and "/assets/" not in link]


def walk(page: Page, site: Site) -> Iterator[tuple[str, str]]:
    """One page of every shape, with and without a query, found by following links: its shape and address, once the
    page stands there."""
    seen: set[str] = set()
    todo = [site.url + "/", site.url + "/style", site.url + "/evals"]
    while todo and len(seen) < 60:
        link = todo.pop(0).split("#")[0]
        parts = urlsplit(link)
        name = shape(parts.path) + "?".join(["", *sorted({key for key, _ in parse_qsl(parts.query)})])
        if name in seen or parts.path.startswith(("/v1", "/metrics", "/openapi")):
            continue
        seen.add(name)
        page.goto(link)
        todo += links(page, site)
        yield name.partition("?")[0], link


@pytest.fixture(scope="module")
def addresses() -> dict[str, str]:
    return {}


def test_every_page_is_whole_accessible_and_narrow_enough(
    page: Page, context: BrowserContext, site: Site, watch: Watch
) -> None:
    problems: list[str] = []
    shapes = set()
    for name, link in walk(page, site):
        shapes.add(name)
        problems += serious_in_both(page)
        if too_wide(page):
            problems.append(f"{link} is wider than 400 px")
        assert page.title()
        assert page.locator("h1").count() == 1 or "/style" in link, link  # which shows one more
    assert shapes >= SHAPES
    assert not problems, "\n".join(problems)


def test_the_plan_stands_beside_what_happened(page: Page, site: Site) -> None:
    page.goto(site.url + "/")
    page.get_by_role("link", name="Plan", exact=True).click()
    lines = page.locator("section", has=page.get_by_role("heading", name="Plan against actual"))
    row = lines.get_by_role("row", name=re.compile("^requests")).first
    expect(row.get_by_role("img")).to_have_attribute("aria-label", re.compile(r"^requests: planned 1,000 .*, was \d"))
    expect(lines.get_by_text("rests on")).to_be_visible()
    page.get_by_role("link", name="7d", exact=True).click()
    expect(page).to_have_url(re.compile(r"/plan\?window=7d$"))
    page.get_by_text(re.compile(r"^\d+ assumptions$")).click()
    expect(page.get_by_text("traffic.requests: 1,000 a day (default)")).to_be_visible()


def test_a_question_is_asked_by_keyboard_and_its_citation_opens_the_words(page: Page, site: Site) -> None:
    page.goto(site.url + "/")
    page.keyboard.press("/")
    page.wait_for_url("**/ask")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(SEAL)
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("4,000 hours")
    citation = page.locator("#answer a[href*='/documents/']").first
    expect(citation).to_be_visible()
    citation.click()
    page.wait_for_url("**/documents/**")
    mark = page.locator("mark#span")
    expect(mark).to_be_in_viewport()
    assert "4,000 hours" in "".join(page.locator("mark").all_text_contents())


def test_an_address_asks_a_question_again(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/ask?q=At+which+pressure+does+the+relief+valve+open%3F")
    expect(page.locator("#answer")).to_contain_text("6 bar")


def test_a_bar_of_a_trace_leads_to_its_step_by_keyboard(page: Page, site: Site) -> None:
    page.goto(site.url + "/answers")
    page.locator("main a[href^='/answers/']").first.click()
    drawing = page.get_by_role("region", name="Trace of this answer")
    expect(drawing.locator("svg desc")).to_contain_text("retrieval")
    bar = drawing.get_by_role("link", name=re.compile("^chat extractive"))
    bar.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/trace/answer:\w+#span-\w+"))
    expect(page.locator("tr:target")).to_contain_text("gen_ai.usage.output_tokens")


def test_an_answer_can_be_judged(page: Page, site: Site) -> None:
    page.goto(site.url + "/answers")
    page.locator("main a[href^='/answers/']").first.click()
    page.wait_for_url(re.compile(r"/answers/\w+"))
    page.locator("button", has_text=re.compile("no|down|did not|not", re.I)).first.click()
    expect(page.locator("main")).to_contain_text(re.compile("thank|recorded|did not help|not help", re.I))


def test_a_release_is_promoted_and_rolled_back_by_button(page: Page, site: Site) -> None:
    page.goto(site.url + "/releases")
    for verb, done in (("promote", "Promoted."), ("rollback", "Rolled back.")):
        page.locator(f"button[popovertarget='{verb}-answer']").first.click()
        page.locator(f"#{verb}-answer form button").first.click()
        expect(page.get_by_role("status")).to_contain_text(done)


def test_a_page_that_is_not_there_says_so(context: BrowserContext, site: Site) -> None:
    """Outside the watch: the browser itself logs the 404 as an error."""
    page = context.new_page()
    came = page.goto(site.url + "/answers/nonesuch")
    assert came and came.status == 404
    expect(page.locator("h1")).to_be_visible()
    assert serious(page) == []


if os.environ.get("MLWRIGHT_SCREENSHOTS"):  # not a test but the making of the pictures of the README

    def test_screenshots(page: Page, site: Site) -> None:
        IMAGES.mkdir(exist_ok=True)
        page.goto(site.url + "/")
        page.screenshot(path=IMAGES / "home.png")
        page.goto(f"{site.url}/ask?q={SEAL.replace(' ', '+')}")
        expect(page.locator("#answer")).to_contain_text("4,000 hours")
        page.screenshot(path=IMAGES / "ask.png")
        page.goto(site.url + "/answers")
        page.locator("main a[href^='/answers/']").first.click()
        page.wait_for_url(re.compile(r"/answers/\w+"))
        page.screenshot(path=IMAGES / "answer.png", full_page=True)
