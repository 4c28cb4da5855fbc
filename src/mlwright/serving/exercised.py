"""Exercised: which of its ways out an endpoint has ever taken, from the history of its traffic and its request log."""

from collections.abc import Sequence

from mlwright.kernel.base import Kernel
from mlwright.serving import tables
from mlwright.serving.rollout import BY_ITSELF
from mlwright.serving.tables import Change
from mlwright.serving.types import Exercised

_AT_MOST = 100_000


def exercised(kernel: Kernel, endpoint: str) -> Exercised:
    """Reads the whole history of the traffic and the outcomes of the newest requests; changes nothing."""
    kernel.store.flush()
    history = tables.changes(kernel.store, endpoint)
    outcomes = tables.latest_outcomes(kernel.store, endpoint, _AT_MOST)
    back = [change for change in history if change.kind == "rollback"]
    canaries = {change.traffic.canary for change in history if change.traffic.canary is not None}
    stables = {change.traffic.stable for change in history}
    return Exercised(
        endpoint=endpoint,
        stable=tables.release(kernel.store, history[-1].traffic.stable) if history else None,
        stables=len(stables),
        canaries=len(canaries),
        promoted=len(canaries & _took_over(history)),
        rollbacks=len(back),
        aborts=sum(change.traffic.why.startswith(BY_ITSELF) for change in back),
        last_rollback=back[-1].traffic.at if back else None,
        requests=sum(outcomes.values()),
        fallbacks=outcomes.get("fallback", 0),
    )


def _took_over(history: Sequence[Change]) -> set[object]:
    """The releases that a promotion made the stable one."""
    return {change.traffic.stable for change in history if change.kind == "promote" and change.traffic.canary is None}
