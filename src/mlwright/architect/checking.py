"""Check: every rule on one blueprint, waivers applied, worst first."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from mlwright.architect.context import Context
from mlwright.architect.findings import SEVERITIES, Finding
from mlwright.architect.rules import Found, Rule, rules
from mlwright.blueprint import Blueprint, Edit, WaiverSpec, edited, from_text, load
from mlwright.kernel.files import write_atomically

_ROUNDS = 5


def check(blueprint: Blueprint, *, today: date | None = None) -> list[Finding]:
    """Every finding, errors first, then in the order of the file. Findings under a waiver stay in the list, marked.

    A waiver counts until its day (`today` is the UTC day by default); one that ended or that covers nothing is a
    finding itself."""
    context = Context(blueprint)
    findings = [_finding(blueprint, rule, found) for rule in rules() for found in rule.check(context)]
    day = today or datetime.now(UTC).date()
    waived = [_waived(finding, blueprint.waive, day) for finding in findings]
    waived += _stale_waivers(blueprint, findings, day)
    return sorted(waived, key=lambda f: (f.waived is not None, SEVERITIES.index(f.severity), f.place, f.rule, f.path))


def fixed(text: str, findings: Sequence[Finding], only: str = "") -> tuple[str, list[Finding]]:
    """The blueprint's text with the patches of the findings applied (of rule `only` where given), and which ones were.

    Comments and spelling stay. Of two findings that set the same value the first, which is the worse, wins."""
    taken: list[Finding] = []
    edits: list[Edit] = []
    for finding in findings:
        paths = {edit.path for edit in finding.fix}
        if not paths or finding.waived is not None or (only and finding.rule != only):
            continue
        if paths & {edit.path for edit in edits}:
            continue
        edits += finding.fix
        taken.append(finding)
    return (edited(text, edits) if edits else text), taken


def fix(file: str | Path, only: str = "") -> list[str]:
    """Apply the safe fixes to a blueprint file, and say which rules they were of. The file is replaced in one step, and
    only by a text that still loads; a fix can uncover another finding, so it goes on until nothing is left to mend."""
    path, done = Path(file), list[str]()
    for _ in range(_ROUNDS):
        blueprint = load(path, secrets=False)
        text = path.read_text(encoding="utf-8-sig")
        changed, taken = fixed(text, check(blueprint), only)
        if not taken or changed == text:
            break
        from_text(changed, path)
        write_atomically(path, changed.encode())
        done += [finding.rule for finding in taken]
    return done


def _finding(blueprint: Blueprint, rule: Rule, found: Found) -> Finding:
    return Finding(
        rule=rule.id,
        severity=found.severity or rule.severity,
        title=rule.title,
        evidence=found.evidence,
        path=found.path,
        place=blueprint.place(found.path),
        fix=found.fix,
        source=rule.source,
    )


def _waived(finding: Finding, waivers: Sequence[WaiverSpec], day: date) -> Finding:
    for waiver in waivers:
        if day <= waiver.until and _covers(waiver, finding):
            return replace(finding, waived=waiver.reason)
    return finding


def _covers(waiver: WaiverSpec, finding: Finding) -> bool:
    return waiver.rule == finding.rule and (
        waiver.path is None or finding.path == waiver.path or finding.path.startswith(f"{waiver.path}.")
    )


def _stale_waivers(blueprint: Blueprint, findings: Sequence[Finding], day: date) -> Iterator[Finding]:
    for number, waiver in enumerate(blueprint.waive):
        path = f"waive.{number}"
        covers = any(_covers(waiver, finding) for finding in findings)
        if day > waiver.until:
            what = f"the waiver of {waiver.rule} ended on {waiver.until}" + (
                ", and it is still needed" if covers else ""
            )
            yield Finding("WVR001", "warning", "a waiver has ended", what, path, blueprint.place(path))
        elif not covers:
            what = f"nothing breaks {waiver.rule} here any more: the waiver can go"
            yield Finding("WVR002", "info", "a waiver that covers nothing", what, path, blueprint.place(path))
