"""The terminal itself: where text goes, and JSON for programs."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.theme import Theme

from mlwright.faces.plain import plain

THEME = Theme(
    {
        "good": "green",
        "bad": "red",
        "warn": "yellow",
        "quiet": "dim",
        "name": "bold",
        "mark": "cyan",
    }
)
console = Console(theme=THEME, highlight=False, soft_wrap=False)
errors = Console(theme=THEME, highlight=False, stderr=True)


def json_of(value: Any) -> None:
    """One JSON document on standard output, nothing else."""
    verbatim(json_text(value))


def json_text(value: Any) -> str:
    """The document itself."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n"


def json_line(value: Any) -> None:
    """One JSON document on a line of its own, at once, for programs that follow along."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def line(text: str = "", style: str = "") -> None:
    """A line of text; never read as markup."""
    console.print(text, style=style, markup=False)


def verbatim(text: str) -> None:
    """A text as it is, however long its lines are: for files and pipes."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def columns() -> int | None:
    """How wide the terminal is; None where there is none."""
    return console.width if sys.stdout.isatty() else None


def nothing(text: str) -> None:
    """A listener that says nothing."""


def seconds(value: float | None) -> str:
    """`340 ms`, `1.2 s`, `3 min`; a dash where nothing was measured."""
    if value is None:
        return "-"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 120 else f"{value / 60:.0f} min"


def usd(value: float | None) -> str:
    """`$0.0012`, `$0` or `no price`: an unknown price is never shown as 0."""
    if value is None:
        return "no price"
    return f"${value:.4f}".rstrip("0").rstrip(".") if value < 1 else f"${value:,.2f}"


def size(value: float) -> str:
    """Bytes in units of 1000."""
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
