"""Tests for model development. The model of such a system is a release: models, prompt, settings."""

from mlwright.architect.context import Context
from mlwright.architect.readiness import AUTOMATED, MANUAL, Claim, Proof, nothing
from mlwright.architect.readiness._runs import tuned
from mlwright.architect.rules.mod004 import RULE as SLICES

_SLICE = 30


def _submitted(context: Context) -> Proof | None:
    stables = [one.stable for one in context.records.exercised.values()] if context.recorded else []
    known = [release for release in stables if release is not None and release.commit]
    if not known or len(known) < len(stables):
        return None
    told = ", ".join(f"release {release.number} at commit {release.commit[:10]}" for release in known)
    return Proof(MANUAL, f"{told}; whether anybody reviewed it is not known", str(known[0].ref))


def _searched(context: Context) -> Proof | None:
    return tuned(context, "chunks, fusion and reranking were searched")


def _simpler(context: Context) -> Proof | None:
    return tuned(context, "compared with words alone and vectors alone")


def _slices(context: Context) -> Proof | None:
    if not context.recorded:
        return None
    gates = [gate for gate in context.records.evals.gates if gate.slices and gate.latest]
    if not gates or any(SLICES.check(context)):
        return None
    sizes = [max(value.n for value in metrics.values()) for gate in gates for metrics in gate.slices.values()]
    enough = min(sizes) >= _SLICE
    told = f"every evaluation scores {len(sizes)} slices, none surely below its bound; the smallest has {min(sizes)}"
    return Proof(AUTOMATED if enough else MANUAL, told, str(gates[0].latest.ref if gates[0].latest else ""))


CLAIMS = (
    Claim("Model specs are reviewed and submitted", "no commit is known of what answers", _submitted),
    Claim("Offline and online metrics correlate", "too few releases have both scores and feedback", nothing),
    Claim("All hyperparameters have been tuned", "no tuning run: `mlwright rag tune`", _searched),
    Claim("The impact of model staleness is known", "nothing measures what an old index or model costs", nothing),
    Claim("A simpler model is not better", "no run compares with a simpler pipeline: `mlwright rag tune`", _simpler),
    Claim("Model quality is sufficient on important data slices", "no tagged examples, or a slice fails", _slices),
    Claim("The model is tested for considerations of inclusion", "mlwright cannot know whom it may harm", nothing),
)
