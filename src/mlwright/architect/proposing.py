"""Propose: a template, the decision table and the rules of `check` make a blueprint of what was asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path

from mlwright.architect.checking import check
from mlwright.architect.findings import Finding
from mlwright.architect.planning import Plan, plan
from mlwright.architect.starting.choices import Choice, Draft
from mlwright.architect.starting.decisions import DECISIONS, EMBEDDERS, WRITERS, Option, Patch
from mlwright.architect.starting.situation import Situation
from mlwright.architect.starting.words import counted_words, listed, told_seconds, told_usd
from mlwright.architect.templates import template_for
from mlwright.blueprint import Blueprint, from_text

_ROUNDS = 5
_MOST_HERE = 16
"""Answers side by side that a model server on one machine is trusted with."""
_OPENING = "Written by `mlwright new`. `mlwright check` reviews this file, `mlwright plan` prices it."
_ASKED = ("system.budget", ".traffic.", ".slo.")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A blueprint as text, its choices, what `check` and `plan` say of it, and what of the requirements cannot be had
    together (`conflicts`), in words. `secrets` names the variables of the environment that it needs to run."""

    template: str
    text: str
    choices: tuple[Choice, ...]
    findings: tuple[Finding, ...]
    plan: Plan
    conflicts: tuple[str, ...]
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Trial:
    draft: Draft
    blueprint: Blueprint
    findings: tuple[Finding, ...]
    plan: Plan
    misses: tuple[str, ...]


def propose(it: Situation, file: Path, *, today: date | None = None) -> Proposal:
    """The blueprint for a situation, to be saved as `file`. It passes `check` without an error. Raises UserError where
    no template fits."""
    template = template_for(it)
    base = Draft(template.choices(it))
    for decision in DECISIONS:
        if base.has(decision.needs) and decision.when(it):
            _take(base, decision.patch(it), decision.why(it))
    trial, passed_over = _first_that_fits(it, base, file, today)
    return Proposal(
        template=template.name,
        text=trial.draft.text(_OPENING),
        choices=tuple(trial.draft),
        findings=trial.findings,
        plan=trial.plan,
        conflicts=(*passed_over, *trial.misses, *_open(it, trial.blueprint)),
        secrets=tuple(dict.fromkeys(trial.blueprint.secrets.values())),
    )


def _take(draft: Draft, patch: Patch, why: str) -> None:
    for path, value in patch.items():
        draft.take(Choice(path, value, why))


def _first_that_fits(it: Situation, base: Draft, file: Path, today: date | None) -> tuple[_Trial, tuple[str, ...]]:
    """The first models whose plan keeps what was asked for, else the last ones; and what the others would miss."""
    if not base.has("serving"):
        return _tried(it, base, file, today), ()
    passed_over = dict[str, str]()
    for writer, embedder in product(_of(it, WRITERS), _of(it, EMBEDDERS)):
        draft = base.copy()
        if draft.has("rag.docs"):
            _take(draft, embedder.patch(it), embedder.why(it))
        _take(draft, writer.patch(it), writer.why(it))
        trial = _tried(it, draft, file, today)
        if not trial.misses:
            break
        if writer is not WRITERS[-1]:
            passed_over.setdefault(writer.name, f"{writer.name} was passed over: {'; '.join(trial.misses)}")
    return trial, tuple(passed_over.values())


def _of(it: Situation, options: Sequence[Option]) -> list[Option]:
    return [option for option in options if option.when(it)]


def _tried(it: Situation, draft: Draft, file: Path, today: date | None) -> _Trial:
    """A draft after its safe mends, as the rules of `check` offer them, each with the rule's evidence as its reason."""
    blueprint, findings = _looked_at(draft, file, today)
    for _ in range(_ROUNDS):
        if not _mended(draft, findings):
            break
        blueprint, findings = _looked_at(draft, file, today)
    planned = plan(blueprint, today=today)
    return _Trial(draft, blueprint, findings, planned, tuple(_misses(it, blueprint, planned)))


def _looked_at(draft: Draft, file: Path, today: date | None) -> tuple[Blueprint, tuple[Finding, ...]]:
    blueprint = from_text(draft.text(_OPENING), file)
    return blueprint, tuple(check(blueprint, today=today))


def _mended(draft: Draft, findings: Sequence[Finding]) -> bool:
    """Whether something was left to mend. What was asked for is never changed."""
    before = {choice.path: choice.value for choice in draft}
    for finding in findings:
        if finding.severity == "info" or any(one in edit.path for one in _ASKED for edit in finding.fix):
            continue
        for edit in finding.fix:
            if edit.value is None:
                draft.drop(edit.path)
            elif before.get(edit.path) != edit.value:
                draft.take(Choice(edit.path, edit.value, f"{finding.rule}: {finding.evidence}"))
    return before != {choice.path: choice.value for choice in draft}


def _misses(it: Situation, blueprint: Blueprint, planned: Plan) -> Iterator[str]:
    """What was asked for and is not planned, in numbers."""
    month, budget = planned.per_month, it.asked.budget
    if month is None:
        yield f"{listed(planned.unpriced)} has no price"
    elif budget is not None and month.likely > budget:
        span = f"{told_usd(month.low)} to {told_usd(month.high)}"
        yield f"{told_usd(month.likely)} a month are planned ({span}), the budget is {told_usd(budget)}"
    p95, wanted = planned.latency, it.asked.latency
    if p95 is not None and wanted is not None and p95.likely > wanted:
        span = f"{told_seconds(p95.low)} to {told_seconds(p95.high)}"
        yield (
            f"95 of 100 answers are planned within {told_seconds(p95.likely)} ({span}) in the busiest minute, and"
            f" {told_seconds(wanted)} were asked for"
        )
    for name, endpoint in blueprint.serving.endpoints.items():
        writer = blueprint.models.chat.get("writer")
        if writer is None or it.local is None or endpoint.limits.concurrency <= _MOST_HERE:
            continue
        facts = writer.facts()
        if not facts.embedded and not facts.leaves_machine:
            yield (
                f"{name} has {endpoint.limits.concurrency} answers side by side in the busiest minute, and a model"
                f" server on one machine is trusted with {_MOST_HERE}"
            )


def _open(it: Situation, blueprint: Blueprint) -> Iterator[str]:
    """What the answers and the files do not agree on, and what nobody does yet."""
    asked, profile = it.asked, it.profile
    if not blueprint.serving.endpoints:
        moot = [name for name in ("requests", "busiest", "latency") if getattr(asked, name) is not None]
        if moot:
            yield f"nothing was done about {listed(moot)}: a system that only scores answers serves nobody"
        return
    if asked.personal_data == () and profile.personal:
        yield (
            f"no personal data were said, and {counted_words(profile.personal)} stand in {profile.personal_files} of"
            f" {profile.read} files that were looked at"
        )
    if it.personal:
        yield "personal data are indexed as they stand: nothing takes them out of the documents yet"
    if not it.may_leave and it.local is None:
        why = "data may not leave the machine" if asked.may_leave is False else "nobody said that data may leave"
        yield f"{why}, and no language model runs here: answers are quotes; `ollama serve` starts one, then write anew"
    unread = [one for one in asked.languages or () if profile.languages and one not in profile.languages]
    if unread:
        yield f"{listed(unread)} was said, and the files that were looked at are in {listed(profile.languages)}"
    for labels in profile.labels:
        told = ", ".join(f"{count:,} {label}" for label, count in list(labels.counts.items())[:5])
        yield (
            f"{labels.path} has labels in {labels.column} ({told}): to learn them is not part of this version; the rows"
            " are taken as documents"
        )
