"""The index in real Chromium: versions, what changed, tags, and whether it is whole."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Site
from browser.looking import serious_in_both, too_wide

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def grown(site: Site) -> Site:
    """Three versions: as it was, with a changed and a new document, and without one."""
    docs = site.folder / "docs"
    (docs / "fans.md").write_text("# Fans\n\nA fan is cleaned every week.\n", encoding="utf-8")
    (docs / "pumps.md").write_text("# Pumps\n\nReplace the seal every 5,000 hours.\n", encoding="utf-8")
    ingest(site.folder)
    (docs / "fans.md").unlink()
    ingest(site.folder)
    return site


def ingest(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "mlwright", "ingest", "--json"], cwd=folder, check=True, capture_output=True)


def test_versions_are_listed_with_what_built_them(page: Page, grown: Site) -> None:
    page.goto(grown.url + "/documents")
    page.get_by_role("navigation", name="Documents").get_by_role("link", name="Index").click()
    page.wait_for_url("**/indexes")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("#3")
    expect(rows.first).to_contain_text("searched now")
    expect(rows.first).to_contain_text("-1")
    rows.first.locator("a[href^='/runs/']").click()
    expect(page.locator("h1")).to_contain_text("index")


def test_two_versions_are_compared_and_documents_lead_to_what_they_were(page: Page, grown: Site) -> None:
    page.goto(grown.url + "/indexes/plant")
    page.get_by_role("combobox", name="From").select_option("1")
    page.get_by_role("combobox", name="To").select_option("2")
    page.get_by_role("button", name="Show what changed").click()
    page.wait_for_url("**/diff?before=1&after=2")
    expect(page.get_by_role("row", name="fans.md")).to_contain_text("added")
    changed = page.get_by_role("row", name="pumps.md")
    expect(changed).to_contain_text("changed")
    page.get_by_role("link", name="Added 1").click()
    page.wait_for_url("**show=added")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    changed.locator("td a").first.click()
    expect(page.locator("#text")).to_contain_text("every 4,000 hours")
    page.goto(grown.url + "/indexes/plant/diff?before=2")
    expect(page.get_by_role("row", name="fans.md")).to_contain_text("removed")


def test_a_version_is_tagged_searched_by_its_tag_and_untagged(page: Page, grown: Site) -> None:
    page.goto(grown.url + "/indexes")
    page.get_by_role("button", name="Tag #2").click()
    page.get_by_label("Name").and_(page.locator(":visible")).fill("with-fans")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("#2 is now called with-fans.")
    page.goto(grown.url + "/retrieve?q=How+often+is+a+fan+cleaned&at=with-fans")
    expect(page.locator(".passages li").first).to_contain_text("every week")
    page.goto(grown.url + "/indexes")
    page.get_by_role("button", name="Take off the tag with-fans").click()
    expect(page.get_by_role("status")).to_have_text("#2 is no longer called with-fans.")


def test_it_is_verified_and_damage_is_named(page: Page, grown: Site) -> None:
    page.goto(grown.url + "/indexes")
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#health")).to_contain_text("all of them agree")
    page.reload()
    expect(page.locator("#health").get_by_role("link", name="Verified")).to_have_attribute(
        "href", re.compile("^/runs/")
    )
    expect(page).to_have_url(re.compile("/indexes$"))
    with closing(sqlite3.connect(grown.folder / ".mlwright" / "mlwright.db")) as store, store:
        lost = store.execute("select * from rag_embedding limit 1").fetchone()
        store.execute("delete from rag_embedding where model = ? and text_sha256 = ?", lost[:2])
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#health")).to_contain_text("disagree")
    expect(page.locator("#health")).to_contain_text("mlwright index verify --repair")
    with closing(sqlite3.connect(grown.folder / ".mlwright" / "mlwright.db")) as store, store:
        store.execute(f"insert into rag_embedding values ({', '.join('?' * len(lost))})", lost)


def test_what_cannot_be_done_is_said_and_strangers_may_not_ask(grown: Site) -> None:
    with httpx2.Client(base_url=grown.url) as client:
        told = client.post("/indexes/plant/tag", data={"version": "#1", "tag": "no good"})
        assert (told.status_code, "is no tag" in told.text) == (400, True)
        assert client.post("/indexes/plant/untag", data={"tag": "nowhere"}).status_code == 404
        assert client.get("/indexes/plant/diff?before=99").status_code == 404
        assert client.get("/indexes/plant/diff").status_code == 400
        assert client.get("/indexes/nowhere").status_code == 404
        verified = client.post("/indexes/plant/verify", headers={"origin": "https://elsewhere.example"})
        assert verified.status_code == 403


@pytest.mark.parametrize("path", ["/indexes", "/indexes/plant/diff?before=1&after=2"])
def test_it_is_accessible_in_light_and_dark_and_narrow_enough(page: Page, grown: Site, path: str) -> None:
    page.goto(grown.url + path)
    assert serious_in_both(page) == []
    assert not too_wide(page)
