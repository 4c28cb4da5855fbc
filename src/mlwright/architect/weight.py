"""Storage lines: files, index and log, from each room's own plan where the documents are already there."""

from collections.abc import Iterator

from mlwright.architect.costs import characters
from mlwright.blueprint import Blueprint
from mlwright.data import storage_lines as data_lines
from mlwright.kernel.errors import UserError
from mlwright.kernel.plan import Range, StorageLine
from mlwright.rag import Load
from mlwright.rag import storage_lines as rag_lines
from mlwright.serving import storage

_EMPTY = StorageLine(
    "workspace", "an empty workspace", Range(3e5, 6e5, 5e6), "tables, and the store's log while it runs"
)


def storage_of(blueprint: Blueprint) -> list[StorageLine]:
    """What the system keeps. Sources that cannot be listed (yet) are left out: a plan needs no documents."""
    try:
        files = data_lines(blueprint.data, base=blueprint.folder)
    except UserError:
        files = []
    return [_EMPTY, *files, *_indexes(blueprint), *storage(blueprint.serving)]


def _indexes(blueprint: Blueprint) -> Iterator[StorageLine]:
    for name, spec in blueprint.rag.items():
        text = characters(blueprint, spec.documents)
        if text:
            load = Load(0, Range.exactly(0.0), text)
            yield from rag_lines(name, spec, load, embed=blueprint.models.embed[spec.index.embed].facts())
