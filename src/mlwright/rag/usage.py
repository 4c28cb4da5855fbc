"""Usage: what recorded answers used, for whoever holds a plan against what happened."""

from collections.abc import Iterable

from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store
from mlwright.rag import tables
from mlwright.rag.types import Used


def used(store: Store, answers: Iterable[Ref]) -> dict[Ref, Used]:
    """What answers used, by reference; those that are not kept are left out."""
    store.flush()
    return {one.answer: one for one in tables.used(store, [ref.id for ref in dict.fromkeys(answers)])}
