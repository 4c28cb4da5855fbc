"""Tuning on the terminal: the candidates with their evidence, and the change that follows."""

from pathlib import Path

from rich.table import Table
from rich.text import Text

from mlwright.app import Calibrated, Synthetic, Trial, Tuned
from mlwright.evals import Interval
from mlwright.faces.cli.show.console import console, seconds, usd

_SHOWN = 12


def tuned(done: Tuned) -> None:
    """The best candidates and the current settings, what was concluded, and the diff."""
    kept = [trial for place, trial in enumerate(done.trials) if place < _SHOWN or trial.name == "current"]
    console.print(
        Text.assemble(
            (done.pipeline, "name"),
            f": {len(done.trials)} candidates, {done.examples} examples of {done.set}, ",
            f"{done.documents} of {done.of_documents} documents, ranked by {done.metric}",
        )
    )
    if done.synthetic:
        told = (
            f"{done.synthetic} examples are synthetic: they use the words of the documents, which helps keyword search"
        )
        console.print(Text(told, style="warn"))
    table = Table(box=None, pad_edge=False)
    for heading in (
        "candidate",
        done.metric,
        "against current",
        "p",
        "search p50, p95",
        "tokens",
        "1,000 questions",
        "chunks",
    ):
        table.add_column(heading, justify="left" if heading == "candidate" else "right")
    for trial in kept:
        table.add_row(*_row(trial), style="good" if trial.name == done.winner else "")
    console.print(table)
    console.print(Text(done.why, style="good" if done.winner else ""))
    for line in done.diff.splitlines():
        console.print(Text(line, style={"+": "good", "-": "bad"}.get(line[:1], "quiet")))
    if done.winner:
        console.print(Text("written" if done.applied else "nothing is written yet: add --apply", style="name"))


def calibrated(done: Calibrated) -> None:
    """What each threshold loses and stops, what is proposed, and the diff."""
    console.print(
        Text.assemble(
            (done.pipeline, "name"),
            f": {done.answerable} answerable questions of {done.set}; {done.near_misses} of them without their "
            f"documents, and {done.unanswerable} unanswerable ones; AUC {done.auc:.3f}",
        )
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("min_score", "loses", "95 % interval", "stops", "95 % interval", ""):
        table.add_column(heading, justify="right" if heading else "left")
    marks = {done.current.min_score: "now", done.proposed.min_score: "proposed"}
    for level in done.levels:
        mark = marks.get(level.min_score, "")
        cells = (*_share(level.lost), *_share(level.stopped), mark)
        table.add_row(f"{level.min_score:.2f}", *cells, style="good" if mark == "proposed" else "")
    console.print(table)
    for line in done.diff.splitlines():
        console.print(Text(line, style={"+": "good", "-": "bad"}.get(line[:1], "quiet")))
    if done.diff:
        console.print(Text("written" if done.applied else "nothing is written yet: add --apply", style="name"))


def _share(of: Interval) -> tuple[str, str]:
    return (f"{of.mean:.1%}", f"{of.low:.1%} to {of.high:.1%}") if of.n else ("-", "")


def synthetic(made: Synthetic, to: Path) -> None:
    """How many examples, where they are, and what the model that wrote them cost."""
    console.print(Text(f"wrote {len(made.set.examples)} synthetic examples to {to}"))
    if made.calls:
        told = f"{made.calls} calls, {made.useless} without a question that the text answers, {usd(made.cost)}"
        console.print(Text(told, style="quiet"))


def _row(trial: Trial) -> tuple[str, ...]:
    change = trial.change
    return (
        trial.name,
        f"{trial.score.mean:.3f}" if trial.score else "-",
        f"{change.mean:+.3f} [{change.low:+.3f}, {change.high:+.3f}]" if change else "",
        f"{change.corrected:.3f}" if change else "",
        f"{seconds(trial.seconds[0])}, {seconds(trial.seconds[1])}",
        f"{trial.prompt_tokens:.0f}",
        usd(trial.cost),
        str(trial.chunks),
    )
