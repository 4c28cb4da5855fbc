"""The stages of a retrieval on the terminal: what each took, what it said, and its best chunks."""

from collections.abc import Callable, Mapping

from rich.table import Table
from rich.text import Text

from mlwright.faces.cli.show.console import console
from mlwright.kernel.ids import Ref
from mlwright.rag import Chunk, Retrieval

_BEST = 5


def places(chunk: Callable[[Ref], Chunk], found: Retrieval) -> dict[Ref, str]:
    """Where the best chunks of each stage stand: `guide.md:12`, or `paper.pdf, page 3`."""
    wanted = {one.chunk for stage in found.stages for one in stage.candidates[:_BEST]}
    return {ref: _place(chunk(ref)) for ref in wanted}


def stages(found: Retrieval, where: Mapping[Ref, str]) -> None:
    """A row a stage; below it the five best chunks that it left, with rank and score."""
    table = Table(box=None, pad_edge=False, title="stages", title_justify="left", title_style="quiet")
    table.add_column("stage", style="name")
    table.add_column("ms", justify="right")
    table.add_column("score", justify="right")
    table.add_column("what it did, and the best it left", ratio=1, overflow="fold")
    for stage in found.stages:
        table.add_row(stage.name, f"{stage.seconds * 1000:.1f}", "", Text(stage.note))
        for rank, one in enumerate(stage.candidates[:_BEST], start=1):
            table.add_row("", "", f"{one.score:.3f}", Text(f"{rank}. {where[one.chunk]}", style="quiet"))
    console.print(table)
    for call in found.calls:
        cost = "no price" if call.cost is None else f"${call.cost:.6f}"
        told = f"{call.model.id}: {call.input_tokens} + {call.output_tokens} tokens, {cost}"
        console.print(Text(told, style="quiet"))


def _place(chunk: Chunk) -> str:
    span = chunk.span
    return f"{chunk.key}, page {span.page}" if span.page else f"{chunk.key}:{span.line_start}"
