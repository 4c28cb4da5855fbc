"""Indexes on the terminal: versions, what differs between two, damage, the map, and what pruning gave back."""

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from mlwright.faces.cli.show.console import console, size
from mlwright.rag import Damage, EmbeddingMap, IndexDiff, IndexInfo, MapPoint, PrunedIndex

_MOST = 20


def index_versions(found: Sequence[IndexInfo]) -> None:
    """One line a version."""
    if not found:
        console.print("no version yet: run `mlwright up`", style="warn")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("version", "built", "documents", "chunks", "size", "tags", "", "reference"):
        table.add_column(heading, justify="right" if heading in ("documents", "chunks", "size") else "left")
    for one in found:
        state = "searched now" if one.current else "readable" if one.readable else "no longer kept"
        numbers = f"{one.documents:,}", f"{one.chunks:,}", size(one.bytes)
        table.add_row(
            f"#{one.number}", f"{one.at[:19]}Z", *numbers, ", ".join(one.tags), state, str(one.ref),
            style="" if one.readable else "quiet",
        )  # fmt: skip
    console.print(table)


def index_diff(found: IndexDiff) -> None:
    """The documents by what became of them, the first of each."""
    heading = (
        f"#{found.before.number} to #{found.after.number}: chunks +{found.chunks_added:,} -{found.chunks_removed:,}"
    )
    console.print(Text(heading, style="name"))
    for mark, style, keys in (("+", "good", found.added), ("~", "warn", found.changed), ("-", "bad", found.removed)):
        for key in keys[:_MOST]:
            console.print(Text(f"{mark} {key}", style=style))
        if len(keys) > _MOST:
            console.print(Text(f"{mark} and {len(keys) - _MOST:,} more", style=style))
    if not (found.added or found.changed or found.removed):
        console.print("no document differs")


def damages(found: Sequence[Damage], left: Sequence[Damage], *, repaired: bool) -> None:
    """What was found, and whether it is mended."""
    for one in found:
        mended = repaired and one not in left
        console.print(Text(f"{one.place}: {one.problem}", style="quiet" if mended else "bad"))
    if not found:
        console.print("whole: index, store and lineage agree", style="good")
    elif left:
        hint = "it could not be mended" if repaired else "mend it: mlwright index verify --repair"
        console.print(Text(f"{len(left)} problems; {hint}", style="bad"))
    else:
        console.print(f"mended: {len(found)}", style="good")


def index_map(found: EmbeddingMap) -> None:
    """The clusters, and the first of what stands out."""
    sample = "" if len(found.points) == found.chunks else f", a sample of {found.chunks:,}"
    console.print(Text(f"{len(found.points):,} chunks{sample} in {len(found.clusters)} clusters", style="name"))
    at = {point.chunk: point for point in found.points}
    table = Table(box=None, pad_edge=False)
    for heading in ("chunks", "about", "in the middle"):
        table.add_column(heading, justify="right" if heading == "chunks" else "left")
    for cluster in found.clusters:
        table.add_row(f"{cluster.size:,}", ", ".join(cluster.words), _place(at[cluster.middle]))
    console.print(table)
    _some("far from everything else", [f"{at[one].near:.2f} {_place(at[one])}" for one in found.outliers])
    pairs = [f"{one.cosine:.3f} {_place(at[one.first])} and {_place(at[one.second])}" for one in found.duplicates]
    _some("near duplicates", pairs, found.duplicate_count)


def _some(what: str, lines: Sequence[str], count: int = 0) -> None:
    console.print(Text(f"{what}: {max(count, len(lines)):,}", style="name"))
    for line in lines[:_MOST]:
        console.print(Text(f"  {line}"))


def _place(point: MapPoint) -> str:
    span = point.span
    if span.page:
        return f"{point.key}, page {span.page}"
    lines = "" if span.line_end == span.line_start else f"-{span.line_end}"
    return f"{point.key}:{span.line_start}{lines}"


def pruned(done: Mapping[str, PrunedIndex]) -> None:
    """What each pipeline forgot."""
    for name, one in done.items():
        console.print(
            Text.assemble(
                (name, "name"),
                f": forgot {one.entries:,} entries of the index ({size(one.bytes)}), "
                f"{one.chunks:,} chunks and {one.vectors:,} vectors of the store, "
                f"and {one.derived:,} pictures of pages and maps",
            )
        )
    if not done:
        console.print("there is no index yet")
