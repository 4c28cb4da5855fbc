"""Shorter prompts on the terminal: what the prompt is made of, what may go, and the changes that follow."""

from rich.table import Table
from rich.text import Text

from mlwright.app import Prompted, Shorter
from mlwright.faces.cli.show.console import console, usd

_VERDICTS = {"holds": "good", "worse": "bad", "unsure": "quiet"}


def prompted(done: Prompted) -> None:
    """The parts with their tokens, the candidates with their verdicts, what was concluded, and the diffs."""
    console.print(
        Text.assemble(
            (done.pipeline, "name"),
            f": {done.tokens:,.0f} tokens a question, {usd(done.cost)} per 1,000 questions with the answers; "
            f"{done.examples} examples of {done.set}",
        )
    )
    if done.synthetic:
        console.print(Text(f"{done.synthetic} examples are synthetic: no person asked them", style="warn"))
    _parts(done)
    console.print(Text(done.caching.told, style="quiet"))
    _trials(done)
    console.print(Text(done.why, style="good" if done.winner else ""))
    _diff(done.diff)
    if done.winner:
        console.print(Text("written" if done.applied else "nothing is written yet: add --apply", style="name"))
    if done.template_diff:
        told = (
            "the template could do without this, as far as the set can tell; it asks for no tone, language or layout:"
        )
        console.print(Text(told))
        _diff(done.template_diff)
    console.print(Text(f"this run cost {usd(done.spent)}", style="quiet"))


def _parts(done: Prompted) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("part of the prompt", "embedder tokens", "share", "cited in", ""):
        table.add_column(heading, justify="right" if heading in ("embedder tokens", "share", "cited in") else "left")
    for part in done.parts:
        cited = "" if part.cited is None else f"{part.cited:.0%}"
        table.add_row(part.name, f"{part.tokens:,.0f}", f"{part.share:.1%}", cited, Text(part.stays, style="quiet"))
    console.print(table)


def _trials(done: Prompted) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("candidate")
    for heading in ("saves a question", "saves 1,000 questions", *done.metrics, "p"):
        table.add_column(heading, justify="right")
    table.add_column(f"loses under {done.margin:.1%}?")
    for trial in done.trials:
        verdict = Text(trial.verdict, style=_VERDICTS[trial.verdict])
        table.add_row(*_row(trial), verdict, style="good" if trial.name == done.winner else "")
    console.print(table)


def _row(trial: Shorter) -> tuple[str, ...]:
    effects = [
        f"{effect.change.mean:+.3f} (> {effect.change.low:+.3f})" if effect.change else "-" for effect in trial.effects
    ]
    return (trial.name, f"{trial.saved:,.0f} tokens", _saved(trial.saved_usd), *effects, f"{trial.p:.3f}")


def _saved(dollars: float | None) -> str:
    """What it costs more is told with a plus."""
    return f"+{usd(-dollars)}" if dollars is not None and dollars < 0 else usd(dollars)


def _diff(diff: str) -> None:
    for line in diff.splitlines():
        console.print(Text(line, style={"+": "good", "-": "bad"}.get(line[:1], "quiet")))
