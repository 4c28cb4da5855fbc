"""A new blueprint on the terminal: the questions, what the files showed, and how the plan stands to what was asked."""

from rich.text import Text

from mlwright.app import Started
from mlwright.architect import Profile, Requirements, counted_words, still_open, told_seconds, told_usd
from mlwright.faces.cli.show.console import console, errors, size
from mlwright.faces.cli.show.design import findings


def asked(text: str, found: str, offer: str, wrong: str, *, quiet: bool) -> str | None:
    """The answer of a person or a pipe, without white space around it; the offer for an empty line, None at the end.
    What is printed goes to standard error where standard output is for a program."""
    to = errors if quiet else console
    if wrong:
        to.print(Text(wrong, style="warn"))
    elif found:
        to.print(Text(found, style="quiet"))
    offered = f" [{offer}]" if offer else ""
    to.print(Text.assemble(text, (offered, "quiet")))
    try:
        return to.input("[mark]?[/mark] ").strip() or offer
    except EOFError:
        return None


def understood(known: Requirements, *, quiet: bool) -> None:
    """What a model made of the prose, for a person to look at, and what stays open."""
    to = errors if quiet else console
    said = known.model_dump(mode="json", exclude_none=True)
    for name, value in said.items():
        to.print(Text.assemble((f"{name:14}", "name"), ", ".join(value) if isinstance(value, list) else str(value)))
    still = ", ".join(one.field for one in still_open(known))
    if still:
        to.print(Text(f"{'not said':14}{still}", style="quiet"))


def profile(found: Profile, *, quiet: bool = False) -> None:
    """What the files are, as far as it was measured."""
    to = errors if quiet else console
    for told in _profile(found):
        to.print(Text(told, style="quiet"))


def _profile(found: Profile) -> list[str]:
    looked = f", {found.read} of them looked at" if found.read < found.files else ""
    told = [f"{found.files:,} files ({counted_words(found.kinds)}), {size(found.bytes)}{looked}"] if found.files else []
    if found.lengths:
        lengths = found.lengths
        told.append(
            f"characters: {lengths.p50:,} in the middle, 95 of 100 below {lengths.p95:,}, at most {lengths.longest:,};"
            f" about {found.tokens:,} tokens in all"
        )
    parts = {
        "languages": found.languages,
        "not read": found.left_out,
        "unreadable": found.unreadable,
        "personal data": found.personal,
    }
    told += [f"{name}: {counted_words(counts)}" for name, counts in parts.items() if counts]
    told += [f"{found.copies} copies of another file"] if found.copies else []
    told += [f"{found.near} nearly repeat another"] if found.near else []
    told += [f"{one.path}: an eval set of {one.examples}" for one in found.sets]
    told += [f"{one.path}: answers to {one.answered} of {one.set.path}" for one in found.given]
    return told


def started(done: Started, *, files: bool = True) -> None:
    """What the `files` showed, where that was not told yet, what `check` finds in the blueprint, the plan beside what
    was asked for, and what cannot be had."""
    proposal = done.proposal
    if files:
        profile(done.profile)
    console.print(
        Text.assemble(("wrote ", "quiet"), (str(done.path), "name"), f" from the template {proposal.template}")
    )
    findings(proposal.findings)
    for told in _beside(done):
        console.print(told)
    for conflict in proposal.conflicts:
        console.print(Text(conflict, style="warn"))
    keys = f", with {' and '.join(proposal.secrets)} in the environment" if proposal.secrets else ""
    console.print(Text(f"next: mlwright up {done.path}{keys}"))


def _beside(done: Started) -> list[Text]:
    """The headline of the plan, and what was asked for."""
    made, asked = done.proposal.plan, done.asked
    cost = told_usd(made.per_month.likely) if made.per_month else f"no price for {', '.join(made.unpriced)}"
    budget = told_usd(asked.budget) if asked.budget is not None else "nothing said"
    lines = [Text.assemble(("a month  ", "name"), cost, (f"  asked: {budget}", "quiet"))]
    if made.latency:
        wanted = told_seconds(asked.latency) if asked.latency else "nothing said"
        span = f"({told_seconds(made.latency.low)} to {told_seconds(made.latency.high)})"
        told = f"{told_seconds(made.latency.likely)} {span}"
        lines.append(Text.assemble(("p95      ", "name"), told, (f"  asked: {wanted}", "quiet")))
    return lines
