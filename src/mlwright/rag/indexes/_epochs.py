"""The next epoch of the embedded index: what some generation still sees, written anew, and nothing else."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from mlwright.rag.indexes import Entry
from mlwright.rag.indexes._journal import Batch, Journal
from mlwright.rag.indexes._rows import Rows
from mlwright.rag.indexes._words import Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 8192


def rewrite(
    fresh: Journal,
    old: Journal,
    rows: Rows,
    vectors: "NDArray[np.float32]",
    moments: Sequence[int],
    lost: Collection[int] = (),
) -> None:
    """Write the states at `moments` (changes, ascending, the newest last) to a fresh epoch, one change for each, apart
    from the rows that are `lost`. Moments keep their numbers and generations."""
    generation_at = {sequence: generation for generation, sequence in rows.sequence_of.items()}
    keep = rows.seen_by(moments)
    keep[list(lost)] = False
    kept = np.flatnonzero(keep)
    born, died = rows.born[kept], rows.died[kept]
    entries = _kept(old, keep)
    batch, since = Batch(), 0
    for moment in moments:
        new = kept[(born > since) & (born <= moment)]
        gone = kept[(born <= since) & (died > since) & (died <= moment)]
        batch = fresh.append(
            Batch(moment - 1, rows=batch.rows, end=batch.end),
            generation_at.get(moment, 0),
            islice(entries, len(new)),
            (vectors[new[start : start + _BLOCK]] for start in range(0, len(new), _BLOCK)),
            [rows.ids[row] for row in gone.tolist()],
        )
        since = moment
    Words(fresh.folder / "bm25").apply(batch.sequence, enumerate(_kept(old, keep)), ())


def _kept(journal: Journal, keep: "NDArray[np.bool_]") -> Iterator[Entry]:
    """Entries with their texts, in the order of their rows."""
    row = 0
    for batch in journal.batches(texts=True):
        here = keep[row : row + len(batch.entries)]
        row += len(batch.entries)
        yield from (entry for entry, kept in zip(batch.entries, here, strict=True) if kept)
