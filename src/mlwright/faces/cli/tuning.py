"""Commands below `rag`: tune, threshold, prompt, synth."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright import app as house
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, File, Json, Target

Pipeline = Annotated[str, typer.Argument(help="The pipeline; the first one where none is named.")]

By = Annotated[
    str, typer.Option("--by", help="The chat model, by its name in the blueprint, that writes synthetic questions.")
]


def add_to(cli: typer.Typer) -> None:
    group = typer.Typer(
        name="rag",
        no_args_is_help=True,
        help="Work on a pipeline: compare its settings, make questions about its text.",
    )
    group.command()(tune)
    group.command()(threshold)
    group.command()(prompt)
    group.command()(synth)
    cli.add_typer(group)


def tune(
    pipeline: Pipeline = "",
    file: File = DEFAULT,
    on: Annotated[
        str, typer.Option("--on", help="The eval set; the first one, else a synthetic one, where none is named.")
    ] = "",
    documents: Annotated[
        int, typer.Option(min=1, help="The most documents to try on: those that the set names first.")
    ] = 300,
    examples: Annotated[int, typer.Option(min=2, help="How many synthetic questions, where there is no set.")] = 60,
    metric: Annotated[
        str, typer.Option(help="What decides, as in recall@5; span_recall or ndcg@10 where absent.")
    ] = "",
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the winner into the blueprint, keeping comments.")
    ] = False,
    allow: Annotated[
        bool, typer.Option("--allow-synthetic", help="Apply also what only synthetic questions show.")
    ] = False,
    by: By = "",
    target: Target = None,
    json: Json = False,
) -> None:
    """Compare chunkers, sizes, ways to fuse and rerankers on an eval set, with paired statistics, cost and latency of
    each, and print the winner as a change of the blueprint. What is served is not touched. Ctrl-C: the next run goes
    on."""
    with house.open(file, target=target) as app, show.progress(json) as progress:
        tuned = app.tune(
            pipeline, set_name=on, documents=documents, examples=examples, metric=metric, apply=apply,
            allow_synthetic=allow, by=by, progress=progress,
        )  # fmt: skip
    show.json_of(tuned) if json else show.tuned(tuned)


def threshold(
    pipeline: Pipeline = "",
    file: File = DEFAULT,
    on: Annotated[str, typer.Option("--on", help="The eval set; the first one where none is named.")] = "",
    lose: Annotated[
        float, typer.Option(min=0, max=0.5, help="The share of answerable questions that may find nothing.")
    ] = 0.01,
    apply: Annotated[bool, typer.Option("--apply", help="Write it into the blueprint, keeping comments.")] = False,
    target: Target = None,
    json: Json = False,
) -> None:
    """Calibrate `retrieve.min_score`: how near a passage has to be for something to count as found. Shows for each
    threshold how many questions of an eval set it loses, and how many it stops that the documents do not answer."""
    with house.open(file, target=target) as app, show.progress(json) as progress:
        found = app.threshold(pipeline, set_name=on, lose=lose, apply=apply, progress=progress)
    show.json_of(found) if json else show.calibrated(found)


def _share(written: str | float) -> float:
    from mlwright.kernel.units import share  # loads pydantic, which help does without

    try:
        return share(written if "%" in str(written) else float(written))
    except ValueError as error:
        raise typer.BadParameter(f"{written!r} is no share; write it like 2%") from error


def prompt(
    pipeline: Pipeline = "",
    file: File = DEFAULT,
    on: Annotated[str, typer.Option("--on", help="The eval set; the first one where none is named.")] = "",
    margin: Annotated[
        float, typer.Option(parser=_share, metavar="SHARE", help="What each metric may lose, as in 2%.")
    ] = 0.02,
    examples: Annotated[int, typer.Option(min=2, help="The most examples that are asked, for each candidate.")] = 200,
    metric: Annotated[
        list[str] | None, typer.Option(help="What must not be lost, once for each; the usual metrics where absent.")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write fewer passages or a smaller budget into the blueprint.")
    ] = False,
    allow: Annotated[
        bool, typer.Option("--allow-synthetic", help="Apply also what only synthetic questions show.")
    ] = False,
    target: Target = None,
    json: Json = False,
) -> None:
    """What the prompt is made of, and what of it may go: fewer passages, a smaller budget, single instructions. Each is
    answered on an eval set and held against a margin, with the tokens and the cost that it saves. The model is asked
    for every candidate, and nothing that is served is touched. Ctrl-C: the next run goes on."""
    with house.open(file, target=target) as app, show.progress(json) as progress:
        done = app.prompt(
            pipeline, set_name=on, margin=margin, examples=examples, metrics=metric or (), apply=apply,
            allow_synthetic=allow, progress=progress,
        )  # fmt: skip
    show.json_of(done) if json else show.prompted(done)


def synth(
    to: Annotated[Path, typer.Argument(help="The file to write, which must not exist.")],
    pipeline: Annotated[str, typer.Option(help="The pipeline; the first one where none is named.")] = "",
    count: Annotated[int, typer.Option(min=1, help="How many questions at most.")] = 60,
    by: By = "",
    file: File = DEFAULT,
    json: Json = False,
) -> None:
    """Make questions about the indexed documents, by rule or by a chat model. Each is marked as synthetic, and fails a
    gate that does not allow such examples."""
    with house.open(file) as app, show.progress(json) as progress:
        made = app.synth(to, pipeline, count, by, progress)
    if json:
        about = {"file": to, "examples": len(made.set.examples), "synthetic": made.set.synthetic}
        took = {"calls": made.calls, "useless": made.useless, "cost": made.cost}
        show.json_of({**about, "evalset": made.set.ref, **took})
    else:
        show.synthetic(made, to)
