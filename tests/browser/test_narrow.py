"""On a narrow screen lists are read without scrolling sideways, and the fields of a row say what they are."""

import pytest
from playwright.sync_api import Page

from browser.conftest import Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["/documents", "/quarantine", "/answers", "/indexes"])
def test_rows_stack(page: Page, site: Site, path: str) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(site.url + path)
    table = page.locator(".stacks").first
    assert table.evaluate("box => box.scrollWidth <= box.clientWidth")
    cells = table.locator("tbody tr").first.locator("td:visible, th:visible")
    assert cells.count() > 1
    assert all(cell.evaluate("cell => cell.getBoundingClientRect().right <= innerWidth") for cell in cells.all())
