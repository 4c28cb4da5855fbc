"""What every page is held to: axe finds nothing serious, and nothing sticks out of a narrow screen."""

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "assets" / "axe.min.js").read_text(encoding="utf-8")

COLOURS = ("color-contrast", "link-in-text-block")


def serious(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """The serious and critical violations that axe-core sees: of these rules, or of all."""
    page.evaluate(AXE)
    only = {"runOnly": list(rules)} if rules else {}
    found = page.evaluate("only => axe.run(only).then(done => done.violations)", only)
    return [
        f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def serious_in_both(page: Page) -> list[str]:
    """In the light, and of colours in the dark as well: nothing else of a page changes with them."""
    problems = []
    for scheme, rules in (("light", ()), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        problems += [f"{scheme} {problem}" for problem in serious(page, rules)]
    return problems


def too_wide(page: Page) -> bool:
    """At 400 pixels, does the page scroll sideways?"""
    before = page.viewport_size or {"width": 1280, "height": 900}
    page.set_viewport_size({"width": 400, "height": 800})
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(before)
    return wide > 400
