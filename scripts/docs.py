"""Renews the generated pages of docs/: commands.html, settings.html, parts.html, and design.pdf (with Chromium).

    python scripts/docs.py            write them
    python scripts/docs.py --check    fail where one is out of date (the PDF is compared by its text)
"""

import html
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def page(title: str, lead: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{html.escape(title)}</title></head>\n'
        f"<body>\n<main>\n<h1>{html.escape(title)}</h1>\n<p>{html.escape(lead)}</p>\n{body}</main>\n</body>\n</html>\n"
    )


def commands() -> str:
    """Every command with its help, arguments and options, from the command line itself."""
    import typer

    from mlwright.faces.cli.main import cli

    group = typer.main.get_command(cli)
    parts = []
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        rows = "".join(option(parameter) for parameter in command.params if parameter.name != "help")
        helped = html.escape(" ".join((command.help or "").split()))
        table = f"<table><tr><th>option</th><th>what it does</th><th>default</th></tr>{rows}</table>\n" if rows else ""
        parts.append(f'<h2 id="{name}">mlwright {name}</h2>\n<p>{helped}</p>\n{table}')
    lead = "Every command of mlwright. Each takes --help; most take --json, which prints one JSON document and nothing else."
    return page("Commands", lead, "".join(parts))


def option(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = (parameter.metavar or parameter.name).upper()
    else:
        name = ", ".join((*parameter.opts, *parameter.secondary_opts))
    default = "" if parameter.default in (None, False, "", ()) or parameter.required else str(parameter.default)
    told = html.escape(getattr(parameter, "help", None) or "")
    return f"<tr><td><code>{html.escape(name)}</code></td><td>{told}</td><td>{html.escape(default)}</td></tr>\n"


def settings() -> str:
    """Every setting of the blueprint with its meaning and default, from the JSON Schema."""
    from mlwright.blueprint import schema

    whole = schema()
    rows: list[tuple[str, str, str]] = []
    _settings("", whole, whole, rows, set())
    body = "".join(
        f"<tr><td><code>{html.escape(path)}</code></td><td>{html.escape(told)}</td><td>{html.escape(default)}</td></tr>\n"
        for path, told, default in rows
    )
    lead = "Every setting of a blueprint. A name in angle brackets is yours to choose."
    table = f"<table><tr><th>setting</th><th>meaning</th><th>default</th></tr>\n{body}</table>\n"
    return page("Settings of the blueprint", lead, f"<h2>All settings</h2>\n{table}")


def _settings(path: str, node: Any, whole: Any, rows: list[tuple[str, str, str]], above: set[str]) -> None:
    node, name = _resolved(node, whole)
    if name in above:
        return
    below = above | ({name} if name else set())
    for key, child in node.get("properties", {}).items():
        here = f"{path}.{key}".lstrip(".")
        found, _ = _resolved(child, whole)
        told = " ".join(str(child.get("description") or found.get("description") or "").split())
        rows.append((here, told, _default(child)))
        _settings(here, child, whole, rows, below)
    extra = node.get("additionalProperties")
    if isinstance(extra, dict):
        _settings(f"{path}.<name>", extra, whole, rows, below)
    for choice in node.get("anyOf", ()):
        if isinstance(choice, dict) and ("properties" in choice or "$ref" in choice):
            use = choice.get("properties", {}).get("use", {}) or choice.get("properties", {}).get("by", {})
            label = f"{path} ({use['const']})" if "const" in use else path
            _settings(label, choice, whole, rows, below)


def _resolved(node: Any, whole: Any) -> tuple[Any, str]:
    name = ""
    while "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        node = whole["$defs"][name]
    return node, name


def _default(node: Any) -> str:
    value = node.get("default")
    return "" if value in (None, "", [], {}) else str(value)


def parts() -> str:
    """Every part of every slot, with what its file says about it."""
    from mlwright.kernel.parts import config_of, names
    from mlwright.testing.slots import SLOTS

    body = []
    for slot in SLOTS:
        module = __import__(slot, fromlist=["x"])
        body.append(f'<h2 id="{slot}">{slot.removeprefix("mlwright.")}</h2>\n<p>{_first(module.__doc__)}</p>\n<ul>\n')
        for name in names(slot):
            told = _first(sys.modules[config_of(slot, name).__module__].__doc__)
            body.append(f"<li><code>{name}</code>: {told}</li>\n")
        body.append("</ul>\n")
    return page("Parts", "Every part that a blueprint can choose, by slot. One file is one part.", "".join(body))


def _first(text: str | None) -> str:
    return html.escape(" ".join((text or "").split("\n\n")[0].split()))


def design_html() -> str:
    """The pages of design/ as one document, for printing."""
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark").enable("table")
    pages = [renderer.render(file.read_text(encoding="utf-8")) for file in sorted((ROOT / "design").glob("*.md"))]
    style = "body{font:11pt/1.5 serif;max-width:42em} section{break-after:page} code{font-size:.9em}"
    sections = "".join(f"<section>{text}</section>" for text in pages)
    return f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Design decisions</title><style>{style}</style></head><body>{sections}</body></html>'


def write_pdf(target: Path) -> None:
    """Print design/ to PDF with headless Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("printing docs/design.pdf needs Chromium")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "design.html"
        source.write_text(design_html(), encoding="utf-8")
        quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        command = [chromium, *quiet, f"--user-data-dir={folder}/profile", "--no-pdf-header-footer", f"--print-to-pdf={target}", source.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


def pdf_words(path: Path) -> list[str]:
    from mlwright.rag.parsers.pdf import Config

    return Config(use="pdf").build().parse(path.read_bytes(), path.name).text.split()


PAGES = {"commands.html": commands, "settings.html": settings, "parts.html": parts}


def main(check: bool) -> None:
    stale = [name for name, make in PAGES.items() if not (DOCS / name).exists() or (DOCS / name).read_text(encoding="utf-8") != make()]
    if check:
        sys.exit(f"out of date, run `make docs`: {', '.join(stale)}" if stale else 0)
    for name in stale:
        (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
    fresh = Path(tempfile.mkdtemp()) / "design.pdf"
    write_pdf(fresh)
    old = DOCS / "design.pdf"
    if not old.exists() or pdf_words(old) != pdf_words(fresh):
        shutil.copyfile(fresh, old)
        stale.append("design.pdf")
    print(f"renewed: {', '.join(stale) or 'nothing'}")


if __name__ == "__main__":
    main("--check" in sys.argv[1:])
