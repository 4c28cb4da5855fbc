"""The blueprint's own text, to be shown beside what was made of it, without the secrets that it should not hold."""

import re
from collections.abc import Sequence

from mlwright.architect.findings import Finding
from mlwright.blueprint import Blueprint

MASK = "••••••"
SECRETS = "SEC004"
"""The rule that finds secrets."""


def shown_lines(blueprint: Blueprint, findings: Sequence[Finding], text: str | None = None) -> list[str]:
    """The lines of the file, or of its `text` as it was read; none where there is no file. A value that the rules take
    for a secret is masked, wherever it stands; one that cannot be found as it was read takes its line with it."""
    if text is None:
        text = blueprint.path.read_text(encoding="utf-8-sig") if blueprint.path.is_file() else ""
    hidden = set[int]()
    for finding in findings:
        if finding.rule != SECRETS or finding.path.endswith(".prompt"):
            continue
        value = blueprint.written(finding.path)
        if value and value in text:
            text = text.replace(value, MASK)
        else:
            hidden.add(finding.place.line)
    return [_hidden(line) if at in hidden else line for at, line in enumerate(text.splitlines(), start=1)]


def _hidden(line: str) -> str:
    """What stands before the first colon says what was there."""
    key = re.match(r"\s*[\w.-]+:", line)
    return f"{key[0] if key else ''} {MASK}"
