"""What data will keep: one line a source, from the sizes of its files now."""

from pathlib import Path

from mlwright.data.sources import Listed, SourcePart
from mlwright.data.spec import DataSpec
from mlwright.kernel.plan import Range, StorageLine


def storage_lines(spec: DataSpec, *, base: Path) -> list[StorageLine]:
    """Lists every source, and reads no content. Raises NotFound where one is missing or empty.

    Equal contents are kept once, so this is what the first dataset takes at most; a later one adds what changed."""
    return [_line(name, part, base) for name, part in spec.sources.items()]


def _line(name: str, part: SourcePart, base: Path) -> StorageLine:
    sizes = [one.size for one in part.build(base).list() if isinstance(one, Listed)]
    return StorageLine(
        path=f"data.sources.{name}",
        what="files as they are",
        bytes=Range.exactly(sum(sizes)),
        formula=f"{len(sizes):,} files, {sum(sizes):,} bytes; a later dataset adds the files that changed",
    )
