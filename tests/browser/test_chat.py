"""The chat in real Chromium: led by keyboard, linked to, continued, stopped, deleted; and without JavaScript."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser.conftest import SEAL, Site
from browser.looking import serious, serious_in_both, too_wide

pytestmark = pytest.mark.browser

PRESSURE = "At which pressure does the relief valve open?"


def say(page: Page, question: str, turns: int) -> None:
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(question)
    page.keyboard.press("Enter")
    expect(page.locator("#thread .turn")).to_have_count(turns)
    expect(page.locator("#thread .turn").last.locator(".thumbs").first).to_be_visible()


def test_a_conversation_is_led_linked_continued_and_deleted(page: Page, context: BrowserContext, site: Site) -> None:
    page.goto(site.url + "/chat")
    say(page, SEAL, 1)
    expect(page.locator(".turn").last).to_contain_text("4,000 hours")
    page.wait_for_url(re.compile(r"/chat/\w{26}$"))
    address = page.url
    say(page, PRESSURE, 2)
    assert page.url == address
    expect(page.locator(".turn").last).to_contain_text("6 bar")
    expect(page.locator("#talks li", has_text=SEAL)).to_contain_text("2 turns")

    page.goto(address)
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn .said").last).to_be_in_viewport()
    ids = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    assert len(ids) == len(set(ids)), "two answers on a page share no anchor"
    page.reload()
    assert serious_in_both(page) == []
    assert not too_wide(page)
    page.locator(".turn").last.get_by_role("link", name="Link to this turn").click()
    assert "#turn-" in page.url
    page.locator(".turn").first.locator(".citations a").first.click()
    page.wait_for_url("**/documents/**")
    assert "4,000 hours" in "".join(page.locator("mark").all_text_contents())

    page.goto(address)
    row = page.locator("#talks li", has_text=SEAL)
    row.get_by_role("button", name="Delete").first.click()
    assert serious(page) == []
    page.locator("[popover]:popover-open").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/chat")
    expect(page.locator("#talks")).not_to_contain_text(SEAL)
    other = context.new_page()
    came = other.goto(address)
    assert came and came.status == 404


def test_a_turn_that_is_refused_says_why_and_leaves_the_question(context: BrowserContext, site: Site) -> None:
    """Outside the watch: the browser itself logs the 404 as an error."""
    page = context.new_page()
    page.goto(site.url + "/chat")
    page.locator("input[name=conversation]").evaluate("(one) => { one.value = 'conversation:gone' }")
    page.locator("#q").fill(SEAL)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("there is no conversation:gone here")
    expect(page.locator("#q")).to_have_value(SEAL)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_enabled()


def test_the_chat_works_without_javascript(chromium: Browser, site: Site) -> None:
    plain = chromium.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(site.url + "/chat")
    for turns, question in enumerate((PRESSURE, SEAL), 1):
        page.locator("#q").fill(question)
        page.get_by_role("button", name="Ask", exact=True).click()
        page.wait_for_url(re.compile(r"/chat/\w{26}#turn-\w+$"))
        expect(page.locator(".turn")).to_have_count(turns)
    expect(page.locator(".turn").last).to_contain_text("4,000 hours")
    plain.close()
