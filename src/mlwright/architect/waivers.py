"""Waivers: findings that were accepted, each with a reason and a last day; and what may be wrong with a waiver."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date

from mlwright.architect.findings import Finding, Severity
from mlwright.architect.rules import nearest_rule, rules
from mlwright.blueprint import Blueprint, WaiverSpec

ENDED, IDLE, UNKNOWN = "WVR001", "WVR002", "WVR003"
TOLD: dict[str, tuple[Severity, str]] = {
    ENDED: ("warning", "a waiver has ended"),
    IDLE: ("info", "a waiver that covers nothing"),
    UNKNOWN: ("error", "a waiver of a rule that does not exist"),
}
"""Severity and title of what may be wrong with a waiver."""


def waived(finding: Finding, waivers: Sequence[WaiverSpec], day: date) -> Finding:
    """The finding, marked with the reason of the first waiver that covers it on this day."""
    for waiver in waivers:
        if day <= waiver.until and _covers(waiver, finding):
            return replace(finding, waived=waiver.reason)
    return finding


def findings_of(
    blueprint: Blueprint, findings: Sequence[Finding], day: date, asked: Collection[str]
) -> Iterator[Finding]:
    """What is wrong with the waivers. `asked` are the rules that were asked this time: of any other nobody knows
    whether its waiver is needed."""
    known = {rule.id for rule in rules()}
    for number, waiver in enumerate(blueprint.waive):
        covers = any(_covers(waiver, finding) for finding in findings)
        if waiver.rule not in known:
            says = f"there is no rule {waiver.rule}: {nearest_rule(waiver.rule)}"
            yield _finding(blueprint, number, UNKNOWN, says)
        elif day > waiver.until:
            needed = ", and it is still needed" if covers else ""
            yield _finding(blueprint, number, ENDED, f"the waiver of {waiver.rule} ended on {waiver.until}{needed}")
        elif not covers and waiver.rule in asked:
            says = f"nothing breaks {waiver.rule} here any more: the waiver can go"
            yield _finding(blueprint, number, IDLE, says)


def _covers(waiver: WaiverSpec, finding: Finding) -> bool:
    return waiver.rule == finding.rule and (
        waiver.path is None or finding.path == waiver.path or finding.path.startswith(f"{waiver.path}.")
    )


def _finding(blueprint: Blueprint, number: int, rule: str, evidence: str) -> Finding:
    severity, title = TOLD[rule]
    path = f"waive.{number}"
    return Finding(rule, severity, title, evidence, path, blueprint.place(path), source="the blueprint's own `waive`")
