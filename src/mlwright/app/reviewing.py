"""Reviewing: the walk through every system's reports to what the architect reads of a workspace."""

from datetime import timedelta

from mlwright.app.joined import Joined
from mlwright.app.tracing import trace_days
from mlwright.architect import Finding, Records, Score, check, score
from mlwright.kernel.settings import load_settings

WINDOW = timedelta(hours=24)


def records_of(app: Joined, window: timedelta = WINDOW) -> Records:
    """What the workspace has recorded, read now; requests of the last `window`."""
    endpoints = app.blueprint.serving.endpoints
    return Records(
        now=app.kernel.clock.now(),
        data=app.data.report(),
        rag={name: rag.report() for name, rag in app.rag.items()},
        evals=app.evals.report(),
        exercised={name: app.serving.exercised(name) for name in endpoints},
        served={name: app.serving.report(name, window) for name in endpoints},
        tracking=app.tracking.report(),
        trace_days=trace_days(app.blueprint, load_settings(app.home / "settings.toml")),
    )


def review(app: Joined, only: str = "") -> list[Finding]:
    """Every finding on the blueprint and on the records."""
    return check(app.blueprint, records=records_of(app), only=only)


def scored(app: Joined) -> Score:
    """The ML Test Score of the workspace."""
    return score(app.blueprint, records_of(app))
