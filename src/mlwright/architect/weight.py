"""Storage lines: files, index and log, from each room's own plan where the documents are already there."""

from collections.abc import Iterator

from mlwright.blueprint import Blueprint
from mlwright.data import storage_lines
from mlwright.kernel.errors import MlwrightError
from mlwright.kernel.plan import Range, StorageLine
from mlwright.serving import storage

_TEXT_SHARE = Range(0.1, 0.6, 1.0)
"""Characters of text per byte of file: Markdown is all text, PDF and HTML mostly not."""
_TOKEN_CHARACTERS = 4.0
_PER_CHUNK = 400
"""Bytes of row and postings beside a chunk's text and vector."""


def storage_of(blueprint: Blueprint) -> list[StorageLine]:
    """What the system keeps. Sources that cannot be listed (yet) are left out: a plan needs no documents."""
    try:
        files = storage_lines(blueprint.data, base=blueprint.folder)
    except MlwrightError:
        files = []
    return [*files, *_indexes(blueprint, files), *storage(blueprint.serving)]


def _indexes(blueprint: Blueprint, files: list[StorageLine]) -> Iterator[StorageLine]:
    sizes = {line.path: line.bytes.likely for line in files}
    for name, spec in blueprint.rag.items():
        read = sizes.get(f"data.sources.{spec.documents}")
        if read is None:
            continue
        facts = blueprint.models.embed[spec.index.embed].facts()
        overlap = float(getattr(spec.chunk, "overlap", 0.0))
        fresh = spec.chunk.tokens * (1 - overlap) * _TOKEN_CHARACTERS
        one = facts.dims * 4 + spec.chunk.tokens * _TOKEN_CHARACTERS + _PER_CHUNK
        chunks = _TEXT_SHARE * (read / fresh)
        formula = f"{chunks.likely:,.0f} chunks x ({facts.dims} x 4 B vector + text + {_PER_CHUNK} B)"
        yield StorageLine(f"rag.{name}.index", "vectors, words and text of chunks", chunks * one, formula)
