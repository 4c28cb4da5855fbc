"""Printing: a page becomes a PDF by a browser that is installed here, without any window or network."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from mlwright.kernel.errors import MissingExtra, ProviderError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_SECONDS = 120
_QUIET = (
    *("--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--disable-extensions", "--no-pdf-header-footer"),
)


def printed(page: Path, to: Path) -> Path:
    """Print a file to a PDF. Raises MissingExtra where no browser is installed, ProviderError where it fails."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise MissingExtra(
            "a PDF is printed by Chromium, which is not installed",
            hint=f"install Chromium or Chrome, or open {page.name} in a browser and print it",
        )
    with tempfile.TemporaryDirectory() as profile:
        command = [
            browser,
            *_QUIET,
            f"--user-data-dir={profile}",
            f"--print-to-pdf={to.resolve()}",
            page.resolve().as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:  # its sandbox refuses to run for the superuser
            command.insert(1, "--no-sandbox")
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603 (found by name)
        except (subprocess.SubprocessError, OSError) as error:
            raise ProviderError(
                f"{browser} could not print {page}: {error}", hint="open the page and print it"
            ) from error
    if not to.is_file():
        raise ProviderError(f"{browser} printed nothing", hint=f"open {page} in a browser and print it")
    return to
