"""Tests for ML infrastructure. Training is the build of an index; serving is what an endpoint answers."""

from mlwright.architect.checking import check
from mlwright.architect.context import Context
from mlwright.architect.readiness import AUTOMATED, MANUAL, Claim, Proof


def _reproducible(context: Context) -> Proof | None:
    latest = context.records.tracking.latest if context.recorded else {}
    runs = [latest[f"index {name}"] for name in context.blueprint.rag if f"index {name}" in latest]
    if not runs or len(runs) < len(context.blueprint.rag) or not all(run.commit and run.environment for run in runs):
        return None
    told = ", ".join(f"{run.name} at commit {run.commit[:10]}{' with changes' * run.dirty}" for run in runs)
    return Proof(
        MANUAL, f"{told}, with every package's version; equal documents and settings, equal name", str(runs[0].ref)
    )


def _specified(context: Context) -> Proof | None:
    errors = [finding for finding in check(context.blueprint) if finding.counts]
    return None if errors else Proof(MANUAL, "`mlwright check` finds no error in the blueprint")


def _integrated(context: Context) -> Proof | None:
    results = [gate.latest for gate in context.records.evals.gates if gate.latest] if context.recorded else []
    if not results:
        return None
    last = max(results, key=lambda result: result.at)
    asked = max((value.n for value in last.metrics.values()), default=0)
    told = f"{asked} questions went through the whole pipeline on {last.at:%Y-%m-%d}, {last.errors} ended in an error"
    return Proof(AUTOMATED, told, str(last.ref))


def _validated(context: Context) -> Proof | None:
    if not context.recorded:
        return None
    reports = {gate.name: gate for gate in context.records.evals.gates}
    refs = []
    for served in context.served():
        exercised, report = context.records.exercised.get(served.name), reports.get(served.endpoint.rollout.gate or "")
        stable = exercised.stable if exercised else None
        if stable is None or report is None:
            return None
        passed = [one for one in report.compared if one.target == stable.ref and one.passed]
        if not passed:
            return None
        refs.append(str(passed[0].ref))
    return Proof(AUTOMATED, "what answers passed the gate that every promotion asks", refs[0]) if refs else None


def _debuggable(context: Context) -> Proof | None:
    for gate in context.records.evals.gates if context.recorded else ():
        if gate.latest is not None and len(gate.latest.seconds) > 1:
            stages = ", ".join(name for name in gate.latest.seconds if name not in ("first_token", "total"))
            return Proof(
                AUTOMATED, f"each answer keeps its passages, scores and stages ({stages})", str(gate.latest.ref)
            )
    return None


def _canaried(context: Context) -> Proof | None:
    endpoints = list(context.records.exercised.values()) if context.recorded else []
    if not endpoints or not all(one.canaries for one in endpoints):
        return None
    told = ", ".join(f"{one.endpoint}: {one.canaries} canaries, {one.promoted} took over" for one in endpoints)
    return Proof(AUTOMATED if all(one.promoted for one in endpoints) else MANUAL, told, str(_ref(endpoints[0].stable)))


def _rolled_back(context: Context) -> Proof | None:
    endpoints = list(context.records.exercised.values()) if context.recorded else []
    if not endpoints or not all(one.rollbacks for one in endpoints):
        return None
    told = ", ".join(f"{one.endpoint}: {one.rollbacks} rollbacks, {one.aborts} of them by itself" for one in endpoints)
    return Proof(AUTOMATED if all(one.aborts for one in endpoints) else MANUAL, told, str(_ref(endpoints[0].stable)))


def _ref(release: object) -> object:
    return getattr(release, "ref", "")


CLAIMS = (
    Claim("Training is reproducible", "no build of an index is recorded with commit and packages", _reproducible),
    Claim("Model specs are unit tested", "`mlwright check` finds errors in the blueprint", _specified),
    Claim("The ML pipeline is integration tested", "nothing was evaluated from question to answer", _integrated),
    Claim("Model quality is validated before serving", "what answers has not passed its gate", _validated),
    Claim("The model is debuggable", "no answer with its stages is recorded", _debuggable),
    Claim("Models are canaried before serving", "no release ever began with a share of the traffic", _canaried),
    Claim("Serving models can be rolled back", "no rollback ever happened", _rolled_back),
)
