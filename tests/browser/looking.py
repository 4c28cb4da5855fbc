"""What every page is held to: axe finds nothing serious, and nothing sticks out of a narrow screen."""

from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "assets" / "axe.min.js").read_text(encoding="utf-8")


def serious(page: Page) -> list[str]:
    """The serious and critical violations that axe-core sees."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run().then(done => done.violations)")
    return [
        f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def too_wide(page: Page) -> bool:
    """At 400 pixels, does the page scroll sideways?"""
    before = page.viewport_size or {"width": 1280, "height": 900}
    page.set_viewport_size({"width": 400, "height": 800})
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(before)
    return wide > 400
