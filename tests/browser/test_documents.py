"""The documents in real Chromium: added by drop and by paste, watched, asked, removed, tried again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Site
from browser.looking import serious, too_wide

pytestmark = pytest.mark.browser

DROP = """files => {
  const data = new DataTransfer();
  for (const [name, text] of files) data.items.add(new File([text], name));
  const zone = document.getElementById("zone");
  for (const kind of ["dragenter", "dragover", "drop"])
    zone.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def test_a_dropped_file_is_searchable_soon_and_gone_when_removed(page: Page, site: Site) -> None:
    page.goto(site.url + "/documents/add")
    page.evaluate(
        DROP, [["lubrication.md", "# Lubrication\n\nGrease the bearings every 700 hours.\n"], ["nil.txt", ""]]
    )
    row = page.locator("#added tr", has_text="lubrication.md")
    expect(row).to_contain_text("searchable")
    expect(page.locator("#added tr", has_text="nil.txt")).to_contain_text("is empty")
    expect(page.locator("#sending li")).to_have_count(0)
    row.get_by_role("link", name="Ask").click()
    page.wait_for_url("**/ask", wait_until="load")
    page.locator("#q").fill("How often are the bearings greased?")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("700 hours")
    page.goto(site.url + "/documents/add")
    page.get_by_role("button", name="Remove lubrication.md").click()
    expect(page.locator("#added")).not_to_contain_text("lubrication.md")
    page.goto(site.url + "/ask?q=How+often+are+the+bearings+greased%3F")
    expect(page.locator("#answer article")).to_be_visible()
    expect(page.locator("#answer")).not_to_contain_text("700 hours")


def test_files_are_chosen_and_text_is_pasted(page: Page, site: Site, tmp_path: Path) -> None:
    (tmp_path / "motor.md").write_text("# Motor\n\nThe motor draws 12 ampere.\n", encoding="utf-8")
    page.goto(site.url + "/documents/add")
    page.locator("#file").set_input_files(tmp_path / "motor.md")
    expect(page.locator("#added tr", has_text="motor.md")).to_contain_text("searchable")
    page.get_by_label("Name").fill("shift")
    page.get_by_role("textbox", name="Text").fill("The night shift starts at ten.")
    page.get_by_role("button", name="Add text").click()
    expect(page.locator("#added tr", has_text="shift.md")).to_contain_text("searchable")


def test_the_quarantine_says_why_and_tries_again(page: Page, site: Site) -> None:
    page.goto(site.url + "/quarantine")
    row = page.locator("tr", has_text="empty.txt")
    expect(row).to_contain_text("0 bytes")
    (site.folder / "docs" / "empty.txt").write_text("The gasket is red.", encoding="utf-8")
    row.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("1 file will be tried again")
    for _ in range(50):
        page.goto(site.url + "/documents?q=empty.txt")
        if page.locator("#rows table").count():
            break
        page.wait_for_timeout(100)
    expect(page.locator("#rows")).to_contain_text("empty.txt")


@pytest.mark.parametrize("path", ["/documents/add", "/quarantine"])
def test_pages_are_accessible_and_narrow_enough(page: Page, site: Site, path: str) -> None:
    page.goto(site.url + path)
    assert serious(page) == []
    page.emulate_media(color_scheme="dark")
    page.goto(site.url + path)
    assert serious(page) == []
    assert not too_wide(page)
    assert re.search(r"\w", page.title())
