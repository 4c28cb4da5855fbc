"""Renews the generated pages of docs/: commands, settings, parts and rules as HTML, and design/ as a PDF (Chromium).

python scripts/docs.py            write them
python scripts/docs.py --check    fail where one is out of date (the PDF is compared by its words)
"""

import html
import importlib
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #666; --accent: #0b57d0 }
@media (prefers-color-scheme: dark) { :root { --quiet: #aaa; --accent: #8ab4f8 } }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 64rem; padding: 1.5rem }
nav { color: var(--quiet); font-size: .9rem; margin-bottom: 2rem } nav a { margin-right: 1rem }
a { color: var(--accent) } code { font: .92em ui-monospace, monospace } h2 { margin-top: 2.5rem }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto } caption { text-align: left }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: top }
th { color: var(--quiet); font-weight: 600 } td:first-child { white-space: nowrap }
"""
NAV = (("commands.html", "Commands"), ("settings.html", "Settings"), ("parts.html", "Parts"), ("rules.html", "Rules"))


def page(title: str, lead: str, body: str) -> str:
    links = "".join(f'<a href="{file}">{name}</a>' for file, name in NAV)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{_text(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n<style>{STYLE}</style>\n</head>\n<body>\n'
        f"<nav>{links}</nav>\n<main>\n<h1>{_text(title)}</h1>\n<p>{_rich(lead)}</p>\n{body}</main>\n</body>\n</html>\n"
    )


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table whose first column is code. Nothing where there are no rows."""
    if not rows:
        return ""
    head = "".join(f"<th>{_text(name)}</th>" for name in heads)
    lines = []
    for first, *rest in rows:
        cells = "".join(f"<td>{_rich(cell)}</td>" for cell in rest)
        lines.append(f"<tr><td><code>{_text(first)}</code></td>{cells}</tr>\n")
    return f"<table>\n<tr>{head}</tr>\n{''.join(lines)}</table>\n"


def _text(text: str) -> str:
    return html.escape(" ".join(text.split()))


def _rich(text: str) -> str:
    """Text with `code` in it."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(" ".join(text.split()), quote=False))


# --- commands


def commands() -> str:
    """Every command with its help, arguments and options, from the command line itself."""
    import typer

    from mlwright.faces.cli.main import cli

    group: Any = typer.main.get_command(cli)
    parts = []
    for name, command in _flat(group):
        parameters = [one for one in command.params if one.name != "help"]
        words = " ".join(_argument(one) for one in parameters if one.param_type_name == "argument")
        usage = f"mlwright {name} {words}".strip() + (" [OPTIONS]" if len(parameters) > words.count(" ") + 1 else "")
        parts.append(f'<h2 id="{name.replace(" ", "-")}">mlwright {name}</h2>\n<p>{_rich(command.help or "")}</p>\n')
        parts.append(f"<p>Usage: <code>{_text(usage)}</code></p>\n")
        heads = ("argument or option", "what it does", "default")
        parts.append(table(heads, [_parameter(one) for one in parameters]))
    lead = (
        "Every command of mlwright. Each takes `--help`; most take `--json`, which prints one JSON document on "
        "standard output and nothing else. Exit codes stand in operations.md."
    )
    return page("Commands", lead, "".join(parts))


def _flat(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every command by its words, those of a group below the group's own."""
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _flat(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


def _argument(parameter: Any) -> str:
    name = str(parameter.name).upper()
    return name if parameter.required else f"[{name}]"


def _parameter(parameter: Any) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        name = _argument(parameter)
    else:
        name = ", ".join((*parameter.opts, *parameter.secondary_opts))
    told = getattr(parameter, "help", None) or ""
    if parameter.envvar:
        told += f" Environment: `{parameter.envvar}`."
    nothing = parameter.required or parameter.default in (None, False, "", ())
    return name, told, "" if nothing else f"`{parameter.default}`"


# --- settings


@dataclass(frozen=True)
class Setting:
    """One setting: the path as it is written (`rag.<name>.retrieve.keep`), and the part that has it, if any."""

    path: str
    meaning: str
    values: str
    default: str
    part: str = ""


def settings() -> str:
    """Every setting of the blueprint with its meaning, values and default, from the JSON Schema."""
    found = all_settings()
    body = []
    for section in dict.fromkeys(one.path.partition(".")[0] for one in found):
        of_section = [one for one in found if one.path.partition(".")[0] == section]
        body.append(f'<h2 id="{section}">{section}</h2>\n<p>{_rich(of_section[0].meaning)}</p>\n')
        plain = [one for one in of_section if not one.part]
        body.append(_settings_table(plain[1:] or plain))
        for part in dict.fromkeys(one.part for one in of_section if one.part):
            of_part = [one for one in of_section if one.part == part]
            slot, title = of_part[0].path.rpartition(".")[0], part.partition(": ")[2]
            body.append(f"<h3>{_text(slot)}: the part {_text(title)}</h3>\n<p>{_rich(of_part[0].meaning)}</p>\n")
            body.append(_settings_table(of_part[1:]))
    lead = (
        "Every setting of a blueprint. A name in angle brackets is yours to choose. `mlwright check --resolved` prints "
        "a file with all its defaults, `mlwright schema` the JSON Schema for editors."
    )
    return page("Settings of the blueprint", lead, "".join(body))


def _settings_table(found: list[Setting]) -> str:
    rows = [(one.path, one.meaning, one.values, f"`{one.default}`" if one.default else "") for one in found]
    return table(("setting", "meaning", "values", "default"), rows)


def all_settings() -> list[Setting]:
    """In the order of the schema; the fields of a part after a row for the part itself."""
    from mlwright.blueprint import schema

    whole = schema()
    return list(_below("", whole, whole, ""))


def _below(path: str, node: Any, whole: Any, part: str) -> Iterator[Setting]:
    node = _resolved(node, whole)
    for key, child in node.get("properties", {}).items():
        if part and "const" in child:
            continue
        here = f"{path}.{key}".lstrip(".")
        inner = _resolved(child, whole)
        told = str(child.get("description") or inner.get("description") or "")
        yield Setting(here, " ".join(told.split()), _values(inner), _default(child), part)
        yield from _below(here, child, whole, part)
    for extra in (node.get("additionalProperties"), *node.get("patternProperties", {}).values()):
        if isinstance(extra, dict):
            yield from _below(f"{path}.<name>", extra, whole, part)
    if isinstance(node.get("items"), dict):
        yield from _below(f"{path}[]", node["items"], whole, part)
    for choice in node.get("anyOf", ()):
        one = _resolved(choice, whole)
        fields = one.get("properties", {})
        chosen = next(((key, fields[key]["const"]) for key in ("use", "by") if "const" in fields.get(key, {})), None)
        if chosen:
            key, name = chosen
            told = " ".join(str(one.get("description", "")).split())
            yield Setting(f"{path}.{key}", told, name, "", f"{path}: {name}")
            yield from _below(path, one, whole, f"{path}: {name}")
        elif fields:
            yield from _below(path, one, whole, part)


def _resolved(node: Any, whole: Any) -> Any:
    while "$ref" in node:
        node = whole["$defs"][node["$ref"].rpartition("/")[2]]
    return node


def _values(node: Any) -> str:
    choices = [choice for choice in node.get("anyOf", (node,)) if choice.get("type") != "null"]
    found: list[str] = []
    for one in choices:
        if "enum" in one or "const" in one:
            found += [f"`{value}`" for value in one.get("enum", [one.get("const")])]
        elif one.get("examples"):
            found += [f"as `{example}`" for example in one["examples"]]
        elif "items" in one or one.get("type") == "array":
            inner = _values(one["items"]) if "items" in one and "$ref" not in one["items"] else ""
            found.append(f"a list{f' of {inner}' if inner else ''}")
        elif one.get("type") in _TYPES:
            found.append(_TYPES[one["type"]])
    return ", ".join(dict.fromkeys(found))


_TYPES = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "`true`, `false`"}


def _default(node: Any) -> str:
    value = node.get("default")
    if value in (None, "", [], {}) or isinstance(value, dict):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    examples = [one for choice in (node, *node.get("anyOf", ())) for one in choice.get("examples", ())]
    return _written(value, str(examples[0])) if examples and isinstance(value, int | float) else str(value)


def _written(value: float, example: str) -> str:
    """A default with the unit that its example has: a file must write it so."""
    from mlwright.kernel import units

    if example.endswith("%"):
        return units.written_share(value)
    if example.endswith("x"):
        return f"{value:g}x"
    if example.endswith("MB"):
        return f"{value / 1e6:g} MB"
    return units.written_seconds(value) if example.endswith("s") else f"{value:g}"


# --- parts


FIELDS: dict[str, dict[str, object]] = {
    "mlwright.models.chat openai": {"model": "gpt-4o-mini"},
    "mlwright.models.embed cohere": {"model": "embed-v4.0"},
    "mlwright.models.embed onnx": {"model": "models/bge-small", "dims": 384, "max_tokens": 512},
    "mlwright.models.embed openai": {"model": "text-embedding-3-small"},
    "mlwright.models.embed sentence_transformers": {"model": "models/bge-small", "dims": 384, "max_tokens": 512},
    "mlwright.models.embed static": {"model": "models/potion", "dims": 256},
    "mlwright.models.embed voyage": {"model": "voyage-4"},
    "mlwright.models.rerank cross_encoder": {"model": "models/cross-encoder"},
    "mlwright.models.rerank http": {"model": "rerank-v3.5"},
    "mlwright.data.sources files": {"path": "docs"},
}
"""What a part must be told before it can tell its facts."""


def parts() -> str:
    """Every part of every slot, with what its file says about it and its facts."""
    from mlwright.kernel.parts import config_of, names
    from mlwright.testing.slots import SLOTS

    body = []
    for slot in SLOTS:
        told = _first(importlib.import_module(slot).__doc__)
        body.append(f'<h2 id="{slot}">{slot.removeprefix("mlwright.")}</h2>\n<p>{_rich(told)}</p>\n')
        body.append(f"<p>Entry point group: <code>{slot}</code></p>\n")
        rows = []
        for name in names(slot):
            config = config_of(slot, name)
            facts = config(use=name, **FIELDS.get(f"{slot} {name}", {})).facts()
            said = " ".join(part for part in (_first(sys.modules[config.__module__].__doc__), config.__doc__) if part)
            runs = "in this process" if facts.embedded else "on a server"
            rows.append((name, said, runs, "yes, unless the server is here" if facts.leaves_machine else "no"))
        body.append(table(("part", "what it does", "runs", "data leave this machine"), rows))
    lead = (
        "Every part that a blueprint can choose, by slot. One file is one part; packages of other authors join through "
        "the entry point group of the slot (see extend.md). Their settings stand in settings.html."
    )
    return page("Parts", lead, "".join(body))


def _first(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())


# --- rules


def rules() -> str:
    """Every rule of `check`, from the files that hold them."""
    from mlwright.architect.rules import rules as all_rules
    from mlwright.architect.waivers import TOLD

    rows = []
    for rule in all_rules():
        why = _first(sys.modules[f"mlwright.architect.rules.{rule.id.lower()}"].__doc__)
        less = ", less where the risk is minimal" if rule.softens else ""
        rows.append((rule.id, f"{rule.severity}{less}", rule.reads, f"{rule.title}. {why}", rule.source))
    rows += [(name, severity, "file", f"{title}.", "the file's `waive`") for name, (severity, title) in TOLD.items()]
    lead = (
        "What `mlwright check` looks for beyond the schema. An error makes `check` end with exit code 3; a finding can "
        "be waived with a reason and a last day. The severity is the usual one: a case may be better or worse. Rules "
        "that read the records are asked with `--records`, and by `mlwright status`."
    )
    return page("Rules of check", lead, table(("rule", "severity", "reads", "what and why", "source"), rows))


# --- design.pdf


def design_html() -> str:
    """The pages of design/ as one document, for printing."""
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark").enable("table")
    pages = [renderer.render(file.read_text(encoding="utf-8")) for file in sorted((ROOT / "design").glob("*.md"))]
    style = (
        "@page { size: A4; margin: 22mm 20mm } body { font: 11pt/1.5 Georgia, serif; max-width: 40em }"
        " section { break-after: page } section:last-child { break-after: auto } code { font-size: .88em }"
        " h1 { font-size: 19pt } h2 { font-size: 13pt }"
        " table { border-collapse: collapse; break-inside: avoid; font-size: .82em }"
        " th, td { border-bottom: .5pt solid #999; padding: .2em 2em .2em 0; text-align: left }"
    )
    sections = "".join(f"<section>{text}</section>" for text in pages)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Design decisions</title>'
        f"<style>{style}</style></head><body>{sections}</body></html>"
    )


def write_pdf(target: Path) -> None:
    """Print design/ to PDF with headless Chromium."""
    known = ("chromium", "chromium-browser", "google-chrome")
    chromium = next((path for name in known if (path := shutil.which(name))), None)
    if chromium is None:
        sys.exit("printing docs/design.pdf needs Chromium")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "design.html"
        source.write_text(design_html(), encoding="utf-8")
        quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        where = [f"--user-data-dir={folder}/profile", "--no-pdf-header-footer", f"--print-to-pdf={target}"]
        subprocess.run([chromium, *quiet, *where, source.as_uri()], check=True, capture_output=True, timeout=120)


def pdf_letters(path: Path) -> str:
    """What a PDF says, as the product reads it, without white space."""
    from mlwright.rag.parsers.pdf import Config

    return letters(Config(use="pdf").build().parse(path.read_bytes(), path.name).text)


def design_letters() -> str:
    """What the PDF should say."""
    reader = _Words()
    reader.feed(design_html())
    return letters(" ".join(reader.words))


def letters(text: str) -> str:
    """Letters and digits alone: list marks and hyphens differ between HTML and print."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if letter.isalnum())


class _Words(HTMLParser):
    """The text of a page's body."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden += tag in ("title", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("title", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


PAGES: dict[str, Callable[[], str]] = {
    "commands.html": commands,
    "settings.html": settings,
    "parts.html": parts,
    "rules.html": rules,
}


def stale() -> list[str]:
    """The generated pages that are not what they should be."""
    found = [
        name
        for name, make in PAGES.items()
        if not (DOCS / name).exists() or (DOCS / name).read_text(encoding="utf-8") != make()
    ]
    pdf = DOCS / "design.pdf"
    return found if pdf.exists() and pdf_letters(pdf) == design_letters() else [*found, "design.pdf"]


def main(check: bool) -> None:
    found = stale()
    if check:
        sys.exit(f"out of date, run `make docs`: {', '.join(found)}" if found else 0)
    for name in found:
        if name in PAGES:
            (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
        else:
            write_pdf(DOCS / name)
    if left := stale():
        sys.exit(f"these come out differently each time: {', '.join(left)}")
    print(f"renewed: {', '.join(found) or 'nothing'}")


if __name__ == "__main__":
    main("--check" in sys.argv[1:])
