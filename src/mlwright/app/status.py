"""The system at a glance, for the terminal and the home page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlwright.app.joined import Joined
from mlwright.app.reviewing import records_of
from mlwright.architect import Finding, check
from mlwright.data import Quarantined
from mlwright.evals import EvalResult
from mlwright.kernel.ids import Ref
from mlwright.rag import Answer, RagReport, answers
from mlwright.serving import EndpointReport, Traffic


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that the first look should show. `endpoints` are measured over the last 24 hours."""

    system: str
    release: Ref
    findings: Sequence[Finding]
    pipelines: Mapping[str, RagReport]
    endpoints: Mapping[str, EndpointReport]
    traffic: Mapping[str, Traffic | None]
    evaluations: Sequence[EvalResult]
    quarantined: Sequence[Quarantined]
    answers: Sequence[Answer]

    @property
    def healthy(self) -> bool:
        """Something is indexed and served, no check is an error, and the last evaluation of each gate passed."""
        served = all(traffic is not None for traffic in self.traffic.values())
        indexed = all(report.index is not None for report in self.pipelines.values())
        errors = any(finding.counts for finding in self.findings)
        return served and indexed and not errors and all(result.passed for result in self.evaluations)


def status(app: Joined) -> Status:
    """Read the workspace; changes nothing."""
    endpoints, records = app.blueprint.serving.endpoints, records_of(app)
    return Status(
        system=app.blueprint.system.name,
        release=app.release,
        findings=check(app.blueprint, records=records),
        pipelines=records.rag,
        endpoints=records.served,
        traffic={name: app.serving.traffic(name) for name in endpoints},
        evaluations=_latest(app),
        quarantined=app.data.quarantined(),
        answers=answers(app.kernel.store, 5),
    )


def _latest(app: Joined) -> list[EvalResult]:
    found = (app.evals.results(1, gate=gate) for gate in app.blueprint.evals.gates)
    return [results[0] for results in found if results]
