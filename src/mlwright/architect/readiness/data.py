"""Tests for features and data. Where answers come from documents, passages and their fields are the features."""

from mlwright.architect.context import Context
from mlwright.architect.readiness import MANUAL, Claim, Proof, nothing
from mlwright.architect.readiness._runs import tuned


def _beneficial(context: Context) -> Proof | None:
    return tuned(context, "words, vectors, feedback and rerankers were compared alone and together")


def _cost(context: Context) -> Proof | None:
    results = [gate.latest for gate in context.records.evals.gates if gate.latest] if context.recorded else []
    for result in results:
        if "total" in result.seconds and len(result.seconds) > 1:
            whole = result.seconds["total"].p95.value
            told = f"every evaluation times each stage and what it costs; p95 of a whole answer is {whole:.2g} s"
            return Proof(MANUAL, told, str(result.ref))
    return None


CLAIMS = (
    Claim("Feature expectations are captured in a schema", "no contract of a source is recorded", nothing),
    Claim("All features are beneficial", "no run compares the parts of the search: `mlwright rag tune`", _beneficial),
    Claim("No feature's cost is too much", "no evaluation timed the stages of an answer: `mlwright eval`", _cost),
    Claim("Features adhere to meta-level requirements", "mlwright cannot know which rules apply to your data", nothing),
    Claim("The data pipeline has appropriate privacy controls", "no record of a privacy control", nothing),
    Claim("New features can be added quickly", "mlwright does not know when an idea was born", nothing),
    Claim("All input feature code is tested", "parsers and chunkers are tested with mlwright, not here", nothing),
)
