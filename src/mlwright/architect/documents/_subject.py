"""What documents are written about: a blueprint, the evidence of its records, and what the architect makes of both."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property

from mlwright.architect.checking import check
from mlwright.architect.context import Context
from mlwright.architect.evidence import Evidence
from mlwright.architect.findings import Finding
from mlwright.architect.planning import Plan, plan
from mlwright.architect.writing.proofs import Proof, Recorded, Unproved
from mlwright.blueprint import Blueprint
from mlwright.evals import EvalResult
from mlwright.kernel.ids import Ref
from mlwright.models import prices_as_of
from mlwright.rag import IndexInfo
from mlwright.serving import Traffic


class Subject:
    """What is costly is worked out once."""

    def __init__(self, blueprint: Blueprint, evidence: Evidence) -> None:
        self.blueprint, self.evidence = blueprint, evidence
        self.context = Context(blueprint)

    @cached_property
    def plan(self) -> Plan:
        """On the day of its prices: a plan must not change because a day has passed."""
        day, evidence = date.fromisoformat(prices_as_of()), self.evidence
        results = {gate: {one.target: one for one in found} for gate, found in evidence.compared.items()}
        return plan(self.blueprint, today=day, overhead=evidence.overhead, results=results)

    @cached_property
    def findings(self) -> Sequence[Finding]:
        """On the file alone. No waiver ends here: a document must not change because a day has passed."""
        return check(self.blueprint, today=date.min)

    def current(self, result: EvalResult) -> bool:
        """Whether a result speaks for the blueprint and its eval set as they are now."""
        gate = self.blueprint.evals.gates[result.gate]
        known = self.context.eval_set(gate.set)
        target = self.blueprint.ref if gate.answers is None else self.context.given(gate.answers)
        return result.target == target and (known is None or known.ref == result.dataset)

    def result(self, gate: str) -> EvalResult | None:
        """The newest result of a gate, of whatever release."""
        return self.evidence.results.get(gate)

    def proof_of_gate(self, gate: str) -> Proof:
        """The newest result, where it speaks for what the blueprint is now."""
        result = self.result(gate)
        if result is None:
            return Unproved(f"no evaluation yet: `mlwright eval {gate}`")
        if self.current(result):
            return Recorded(result.ref)
        return Unproved(f"the last result is of another release or eval set: `mlwright eval {gate}`")

    def index(self, pipeline: str) -> IndexInfo | None:
        """The version that is searched."""
        return next((one for one in self.evidence.indexes.get(pipeline, ()) if one.current), None)

    def traffic(self, endpoint: str) -> Traffic | None:
        """Who answers."""
        return next(iter(self.evidence.traffic.get(endpoint, ())), None)

    def requests_ref(self, endpoint: str) -> Ref:
        """What the request log of an endpoint is called among the records."""
        return Ref("requests", endpoint)
