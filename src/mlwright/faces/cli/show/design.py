"""The design on the terminal: findings, stages, differences."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from mlwright.app import Documented
from mlwright.architect import Finding, Score
from mlwright.blueprint import Difference
from mlwright.faces.cli.show.console import console
from mlwright.kernel.plan import Stage

STYLES = {"error": "bad", "warning": "warn", "info": "quiet"}


def findings(found: Sequence[Finding]) -> None:
    """Each finding: rule and place, what was found with its numbers, what to do."""
    for finding in found:
        style = "quiet" if finding.waived else STYLES[finding.severity]
        console.print(Text.assemble((f"{finding.rule} ", style), (str(finding.place), "name"), f"  {finding.title}"))
        console.print(Text(f"    {finding.evidence}"))
        if finding.hint:
            console.print(Text(f"    → {finding.hint}", style="quiet"))
        if finding.waived:
            console.print(Text(f"    waived: {finding.waived}", style="quiet"))
    counts = {kind: sum(1 for f in found if f.severity == kind and not f.waived) for kind in STYLES}
    said = ", ".join(f"{count} {kind}{'s' if count != 1 else ''}" for kind, count in counts.items() if count)
    console.print(Text(said or "nothing to complain of", style="bad" if counts["error"] else "good"))


def score(found: Score) -> None:
    """The ML Test Score: each section with its tests, what proves them and what is missing."""
    for section, points in found.sections.items():
        console.print(Text.assemble((f"{section:15}", "name"), f"{points:g} of 7"))
        for test in found.tests:
            if test.section == section:
                style = "good" if test.points == 1 else "warn" if test.points else "quiet"
                console.print(Text.assemble((f"  {test.points:3g} ", style), f"{test.number} {test.says}"))
                console.print(Text(f"        {test.evidence}{f'  ({test.ref})' if test.ref else ''}", style="quiet"))
    console.print(Text.assemble(("ML Test Score  ", "name"), f"{found.total:g}", (f"  {found.verdict}", "quiet")))


def stage(step: Stage) -> None:
    """One step that `up` takes."""
    console.print(Text.assemble((f"{step.verb:9}", "name"), step.target, (f"  {step.why}", "quiet")))


def differences(changes: Sequence[Difference]) -> None:
    """What changed, from what to what, and what it means."""
    for change in changes:
        console.print(
            Text.assemble((change.path, "name"), f"  {change.old} → {change.new}", (f"  {change.means}", "quiet"))
        )
    if not changes:
        console.print(Text("no difference", style="good"))


def documented(done: Documented, *, check: bool) -> None:
    """The folder, each file that changed in it, and how much of what they say is proved."""
    words = {"new": "would write" if check else "wrote", "gone": "would remove" if check else "removed"}
    words["changed"] = words["new"]
    here = Path.cwd()
    folder = done.folder.relative_to(here) if done.folder.is_relative_to(here) else done.folder
    console.print(Text(str(folder), style="name"))
    for file in done.files:
        if file.state != "same":
            console.print(Text.assemble((f"  {words[file.state]} ", "quiet"), file.path))
    if done.pdf:
        console.print(Text.assemble(("  wrote ", "quiet"), done.pdf.name))
    if not done.changed:
        console.print(Text("  as it should be", style="good"))
    console.print(Text(f"{done.proved} statements are proved, {done.unproved} not yet", style="quiet"))
