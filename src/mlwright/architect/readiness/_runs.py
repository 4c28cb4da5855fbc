"""What several sections read: tuning runs and the results of gates."""

from mlwright.architect.context import Context
from mlwright.architect.readiness import MANUAL, Proof


def tuned(context: Context, what: str) -> Proof | None:
    """Half a point where every served pipeline was compared with others by `mlwright rag tune`."""
    if not context.recorded:
        return None
    latest = context.records.tracking.latest
    names = dict.fromkeys(f"tune {served.pipeline}" for served in context.served())
    runs = [latest[name] for name in names if name in latest]
    if not runs or len(runs) < len(names):
        return None
    told = ", ".join(f"{run.name} on {run.started:%Y-%m-%d}" for run in runs)
    return Proof(MANUAL, f"{what}: {told}", str(runs[0].ref))
