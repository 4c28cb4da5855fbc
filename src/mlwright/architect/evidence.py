"""What the records of a workspace prove, kept beside the documents that cite it.

Nothing in it depends on when it is read: no ages, no "last 24 hours". Equal records give equal evidence, so documents
change only where something happened; and where there is no workspace, as in CI, the evidence of the folder stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from mlwright.architect.readiness import Tested
from mlwright.data import Dataset, Quarantined
from mlwright.evals import EvalResult
from mlwright.kernel.ids import Ref
from mlwright.kernel.plan import Overhead
from mlwright.rag import IndexInfo
from mlwright.serving import EndpointReport, Exercised, Release, Traffic


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The newest finished run of one work, without its curves and the list of its packages."""

    ref: Ref
    name: str
    kind: str
    started: datetime
    commit: str
    dirty: bool
    params: Mapping[str, str]
    python: str
    packages: int


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """What was measured on the newest requests of an endpoint, all of them together; `until` is the newest."""

    report: EndpointReport
    until: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """`release` is what the blueprint was when this was read. By source, pipeline, gate or endpoint: the latest
    dataset and its files by ending; every version of the index that is set now, the newest first; the newest result,
    and the newest of each release on the set as it is now; the changes of the traffic, the newest first. `overhead` is
    what the self-test of the machine measured. `runs` counts by kind, `unfinished` those that failed or were
    killed."""

    release: Ref | None = None
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    endings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    quarantined: tuple[Quarantined, ...] = ()
    indexes: Mapping[str, tuple[IndexInfo, ...]] = field(default_factory=dict)
    results: Mapping[str, EvalResult] = field(default_factory=dict)
    compared: Mapping[str, tuple[EvalResult, ...]] = field(default_factory=dict)
    releases: tuple[Release, ...] = ()
    traffic: Mapping[str, tuple[Traffic, ...]] = field(default_factory=dict)
    exercised: Mapping[str, Exercised] = field(default_factory=dict)
    requests: Mapping[str, RequestRecord] = field(default_factory=dict)
    runs: Mapping[str, int] = field(default_factory=dict)
    unfinished: Mapping[str, int] = field(default_factory=dict)
    latest_runs: Mapping[str, RunRecord] = field(default_factory=dict)
    overhead: Overhead | None = None
    tests: tuple[Tested, ...] = ()
    """The ML Test Score, test by test."""


def evidence_data(evidence: Evidence) -> Any:
    """As JSON data."""
    return TypeAdapter(Evidence).dump_python(evidence, mode="json")


def evidence_from(data: Any) -> Evidence:
    """Raises ValueError for what is no evidence."""
    return TypeAdapter(Evidence).validate_python(data)
