"""Evaluation: the walk from an eval set through a pipeline, or over given answers, to a recorded result."""

from mlwright.app.joined import Joined
from mlwright.app.joins import outcome_of
from mlwright.blueprint import Blueprint
from mlwright.evals import EvalDataset, EvalExample, EvalResult, Outcome
from mlwright.kernel.errors import NotFound, UserError
from mlwright.kernel.progress import Progress
from mlwright.rag import Rag

MEASURED_ON = "measured on"


async def evaluate(app: Joined, gate: str, progress: Progress) -> list[EvalResult]:
    """Run one gate, or all of them, on the release that the blueprint is now."""
    known = app.blueprint.evals.gates
    if gate and gate not in known:
        raise NotFound(f"{app.path} has no gate {gate!r}", hint=f"it has: {', '.join(known) or 'none'}")
    return [await one(app, name, progress) for name in ([gate] if gate else known)]


async def one(app: Joined, gate: str, progress: Progress) -> EvalResult:
    """Run one gate, against the release in production where that is another one; on answers that were given, against
    those before them that passed."""
    if (given := app.evals.given(gate)) is not None:
        before = (one.target for one in app.evals.results(gate=gate) if one.passed and one.target != given.ref)
        return await app.evals.evaluate(gate, given, given.ref, against=next(before, None), progress=progress)
    endpoint, release = endpoint_of(app.blueprint, gate), app.release
    rag = _pipeline(app, endpoint)

    async def target(example: EvalExample) -> Outcome:
        return await outcome_of(rag, release, example)

    traffic = app.serving.traffic(endpoint) if endpoint else None
    against = traffic.stable if traffic and traffic.stable != release else None
    result = await app.evals.evaluate(gate, target, release, against=against, progress=progress)
    if index := rag.index_ref():
        app.kernel.lineage.link(result.ref, [index], MEASURED_ON)
    return result


def latest(app: Joined, gate: str) -> EvalResult | None:
    """The newest result of the blueprint's release on the index and the eval set as they are now, or of the given
    answers on that set; None where they have not met yet."""
    current = app.evals.dataset(app.blueprint.evals.gates[gate].set).ref
    if (given := app.evals.given(gate)) is not None:
        met = (one for one in app.evals.results(20, gate=gate) if (one.target, one.dataset) == (given.ref, current))
        return next(met, None)
    index = _pipeline(app, endpoint_of(app.blueprint, gate)).index_ref()
    for result in app.evals.results(20, gate=gate):
        if result.target == app.release and result.dataset == current:
            measured = app.kernel.lineage.up(result.ref, depth=1).edges
            if any(edge.parent == index and edge.how == MEASURED_ON for edge in measured):
                return result
    return None


def set_named(app: Joined, name: str, wanted: str) -> EvalDataset:
    """The set of that name, else the first of the blueprint. Raises UserError where there is none `wanted`, as in
    "to calibrate on"."""
    chosen = name or next(iter(app.blueprint.evals.sets), "")
    if not chosen:
        raise UserError(
            f"the blueprint has no eval set {wanted}",
            hint="write one below evals.sets, or make one to look through: mlwright rag synth evals/synthetic.jsonl",
        )
    return app.evals.dataset(chosen)


def endpoint_of(blueprint: Blueprint, gate: str) -> str:
    """The endpoint whose rollout a gate guards; "" where none names it."""
    guarded = (name for name, spec in blueprint.serving.endpoints.items() if spec.rollout.gate == gate)
    return next(guarded, "")


def _pipeline(app: Joined, endpoint: str) -> Rag:
    return app.current.of(endpoint) if endpoint else app.pipeline()
