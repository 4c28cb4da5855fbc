"""Evaluation of a release: the walk from an eval set through a pipeline to a recorded result."""

from typing import TYPE_CHECKING

from mlwright.app.joins import outcome_of
from mlwright.blueprint import Blueprint
from mlwright.evals import EvalExample, EvalResult, Outcome
from mlwright.kernel.errors import NotFound
from mlwright.kernel.progress import Progress

if TYPE_CHECKING:
    from mlwright.app.workspace import App


async def evaluate(app: "App", gate: str, progress: Progress) -> list[EvalResult]:
    """Run one gate, or all of them, on the release that the blueprint is now."""
    known = app.blueprint.evals.gates
    if gate and gate not in known:
        raise NotFound(f"{app.path} has no gate {gate!r}", hint=f"it has: {', '.join(known) or 'none'}")
    return [await _one(app, name, progress) for name in ([gate] if gate else known)]


async def _one(app: "App", gate: str, progress: Progress) -> EvalResult:
    endpoint = endpoint_of(app.blueprint, gate)
    rag = app.current.of(endpoint) if endpoint else app.pipeline()
    release = app.release

    async def target(example: EvalExample) -> Outcome:
        return await outcome_of(rag, release, example)

    traffic = app.serving.traffic(endpoint) if endpoint else None
    against = traffic.stable if traffic and traffic.stable != release else None
    return await app.evals.evaluate(gate, target, release, against=against, progress=progress)


def endpoint_of(blueprint: Blueprint, gate: str) -> str:
    """The endpoint whose rollout a gate guards; "" where none names it."""
    guarded = (name for name, spec in blueprint.serving.endpoints.items() if spec.rollout.gate == gate)
    return next(guarded, "")


