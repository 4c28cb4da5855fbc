"""A finding: what a rule saw, where, with which numbers, and how to mend it; as JSON and as SARIF."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mlwright.blueprint import Edit, Place

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Finding:
    """`evidence` says what was seen, with its numbers; `fix` is a patch for `check --fix`, empty where a person has to
    decide; `waived` is the reason of a waiver that covers it."""

    rule: str
    severity: Severity
    title: str
    evidence: str
    path: str
    place: Place
    fix: tuple[Edit, ...] = ()
    source: str = ""
    waived: str | None = None

    @property
    def hint(self) -> str:
        """What to do about it, in words; empty where the evidence says it."""
        return f"set {', '.join(map(str, self.fix))}" if self.fix else ""

    @property
    def counts(self) -> bool:
        """An error that nobody waived: what makes `check` fail."""
        return self.severity == "error" and self.waived is None


def to_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """One object a finding, in order."""
    return [
        {
            "rule": finding.rule,
            "severity": finding.severity,
            "title": finding.title,
            "evidence": finding.evidence,
            "path": finding.path,
            "file": finding.place.file,
            "line": finding.place.line,
            "column": finding.place.column,
            "hint": finding.hint,
            "fix": [{"path": edit.path, "value": edit.value} for edit in finding.fix],
            "source": finding.source,
            "waived": finding.waived,
        }
        for finding in findings
    ]


_LEVEL = {"error": "error", "warning": "warning", "info": "note"}


def to_sarif(findings: Sequence[Finding], *, version: str = "") -> dict[str, Any]:
    """SARIF 2.1.0, which code hosts show beside the lines. Waived findings are marked as suppressed."""
    rules = {finding.rule: finding for finding in findings}
    driver: dict[str, Any] = {
        "name": "mlwright",
        "rules": [
            {"id": name, "shortDescription": {"text": found.title}, "help": {"text": found.source or found.title}}
            for name, found in sorted(rules.items())
        ],
    }
    if version:
        driver["version"] = version
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [_result(finding) for finding in findings]}],
    }


def _result(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": finding.place.file}}
    if finding.place.line:
        location["region"] = {"startLine": finding.place.line, "startColumn": finding.place.column}
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVEL[finding.severity],
        "message": {"text": f"{finding.path}: {finding.evidence}"},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"path/v1": f"{finding.rule}:{finding.path}"},
    }
    if finding.waived is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": finding.waived}]
    return result
