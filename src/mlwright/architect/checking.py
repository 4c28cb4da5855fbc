"""Check: every rule on one blueprint, and on what its workspace recorded; waivers applied, worst first."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from mlwright.architect.context import Context
from mlwright.architect.findings import SEVERITIES, Finding
from mlwright.architect.records import Records
from mlwright.architect.rules import Found, Rule, nearest_rule, rules
from mlwright.architect.waivers import findings_of, waived
from mlwright.blueprint import Blueprint, Edit, edited, from_text, load
from mlwright.kernel.errors import NotFound
from mlwright.kernel.files import write_atomically

_ROUNDS = 5


def check(
    blueprint: Blueprint, *, records: Records | None = None, today: date | None = None, only: str = ""
) -> list[Finding]:
    """Every finding, errors first, then in the order of the file. Findings under a waiver stay in the list, marked.

    Rules that read records are asked where `records` are given. A waiver counts until its day (`today` is the UTC day
    by default); one that ended, covers nothing or names no rule is a finding itself. `only` asks one rule alone.
    Raises NotFound, naming the nearest, where there is no such rule."""
    context = Context(blueprint, records, today)
    asked = [rule for rule in _named(only) if rule.reads == "file" or records is not None]
    seen = (_finding(blueprint, rule, found) for rule in asked for found in rule.check(context))
    findings = list(dict.fromkeys(seen))  # two endpoints can show the same mistake of their pipeline
    day = today or datetime.now(UTC).date()
    told = [waived(finding, blueprint.waive, day) for finding in findings]
    if not only:
        told += findings_of(blueprint, findings, day, {rule.id for rule in asked})
    return sorted(told, key=lambda f: (f.waived is not None, SEVERITIES.index(f.severity), f.place, f.rule, f.path))


def fixed(text: str, findings: Sequence[Finding], only: str = "") -> tuple[str, list[Finding]]:
    """The blueprint's text with the patches of the findings applied (of rule `only` where given), and which ones were.

    Comments and spelling stay. Of two findings that set the same value the first, which is the worse, wins."""
    taken: list[Finding] = []
    edits: list[Edit] = []
    for finding in findings:
        paths = {edit.path for edit in finding.fix}
        if not paths or finding.waived is not None or (only and finding.rule != only):
            continue
        if any(_meet(path, edit.path) for path in paths for edit in edits):
            continue
        edits += finding.fix
        taken.append(finding)
    return (edited(text, edits) if edits else text), taken


def fix(file: str | Path, only: str = "") -> list[str]:
    """Apply the safe fixes to a blueprint file (of rule `only` where given), and say which rules they were of. The file
    is replaced in one step, and only by a text that still loads; a fix can uncover another finding, so it goes on until
    nothing is left to mend."""
    path, done = Path(file), list[str]()
    for _ in range(_ROUNDS):
        blueprint = load(path, secrets=False)
        text = path.read_text(encoding="utf-8-sig")
        changed, taken = fixed(text, check(blueprint, only=only), only)
        if not taken or changed == text:
            break
        from_text(changed, path)
        write_atomically(path, changed.encode())
        done += [finding.rule for finding in taken]
    return done


def _named(only: str) -> Sequence[Rule]:
    found = [rule for rule in rules() if not only or rule.id == only]
    if not found:
        raise NotFound(f"there is no rule {only!r}", hint=nearest_rule(only))
    return found


def _meet(one: str, other: str) -> bool:
    """The same value, or one inside the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _finding(blueprint: Blueprint, rule: Rule, found: Found) -> Finding:
    severity = found.severity or rule.severity
    if rule.softens and blueprint.system.risk == "minimal":
        severity = SEVERITIES[min(SEVERITIES.index(severity) + 1, len(SEVERITIES) - 1)]
    return Finding(
        rule=rule.id,
        severity=severity,
        title=rule.title,
        evidence=found.evidence,
        path=found.path,
        place=blueprint.place(found.path),
        fix=found.fix,
        source=rule.source,
    )
