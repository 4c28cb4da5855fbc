"""Commands of the design: draw, document."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mlwright import app as house
from mlwright import architect, blueprint
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, Json, Sets, Target, overrides

if TYPE_CHECKING:
    from mlwright.architect import Form
    from mlwright.blueprint import Blueprint

ENDINGS: dict[Literal["svg", "mermaid"], str] = {"svg": "svg", "mermaid": "mmd"}


def add_to(cli: typer.Typer) -> None:
    for command in (draw, document):
        cli.command()(command)


def draw(
    file: Annotated[Path, typer.Argument(help="The blueprint.")] = DEFAULT,
    view: Annotated[
        str, typer.Option(help="The side to draw: overview, data, serving, trust or deployment.")
    ] = "overview",
    svg: Annotated[Path | None, typer.Option(help="Write the diagram as SVG to this file.")] = None,
    text: Annotated[
        bool | None,
        typer.Option("--text/--mermaid", help="Print boxes and arrows, or Mermaid text; else as the output is."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Write every view into a folder, as SVG and Mermaid.")] = False,
    out: Annotated[Path, typer.Option(help="The folder for --all.")] = Path("diagrams"),
    target: Target = None,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Draw the system from one side: on a terminal as boxes and arrows where they fit, in a pipe as Mermaid text, or as
    SVG files whose boxes lead to their lines of the blueprint."""
    design = blueprint.load(file, target=target, sets=overrides(sets), secrets=False)
    if every:
        written = _written(design, out)
        show.json_of({"written": written}) if json else show.line(f"wrote {len(written)} files to {out}")
        return
    if svg:
        svg.write_text(architect.draw(design, view, lines=_lines(design, svg.parent)), encoding="utf-8")
    if json:
        show.json_of({"view": view, "mermaid": architect.draw(design, view, "mermaid"), "svg": svg})
    elif svg:
        show.line(f"wrote {svg}")
    else:
        width = show.columns()
        form: Form = "text" if text or (text is None and width) else "mermaid"
        show.verbatim(architect.draw(design, view, form, width=width))


def document(
    file: Annotated[Path, typer.Argument(help="The blueprint.")] = DEFAULT,
    out: Annotated[
        Path | None, typer.Option(help="The folder; design-docs beside the blueprint where none is named.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 2 where a file would change.")
    ] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print the page to design.pdf, by Chromium.")] = False,
    target: Target = None,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Write the documents of the system: diagrams, evaluation, serving, tracking, data, costs, cards and decisions, as
    Markdown with SVG and as one page. Every statement names its evidence; what is noted by hand stays."""
    done = house.document(file, out, check=check, pdf=pdf, target=target, sets=overrides(sets))
    show.json_of({"changed": done.changed, "documents": done}) if json else show.documented(done, check=check)
    if check and done.changed:
        raise typer.Exit(2)


def _written(design: "Blueprint", folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for view in architect.all_views():
        for form, ending in ENDINGS.items():
            path = folder / f"{view.name}.{ending}"
            lines = _lines(design, folder)
            path.write_text(architect.draw(design, view.name, form, lines=lines), encoding="utf-8")
            written.append(path)
    return written


def _lines(design: "Blueprint", folder: Path) -> str:
    """The address of the blueprint's lines as seen from a folder, without the number."""
    return f"{Path(os.path.relpath(design.path, folder.resolve())).as_posix()}#L"
