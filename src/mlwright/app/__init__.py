"""App: builds the systems of a blueprint and joins them; one file for each walk across several systems."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.app.adding import Added as Added
    from mlwright.app.answers import answer_data as answer_data
    from mlwright.app.doctor import Diagnosis as Diagnosis
    from mlwright.app.doctor import diagnose as diagnose
    from mlwright.app.documenting import Documented as Documented
    from mlwright.app.documenting import DocumentFile as DocumentFile
    from mlwright.app.documenting import kept_notes as kept_notes
    from mlwright.app.documents import document as document
    from mlwright.app.evidence import evidence_of as evidence_of
    from mlwright.app.lookback import Actual as Actual
    from mlwright.app.lookback import Recalibrated as Recalibrated
    from mlwright.app.opening import open as open
    from mlwright.app.pricing import planned as planned
    from mlwright.app.profiling import profile as profile
    from mlwright.app.prompt_results import Prompted as Prompted
    from mlwright.app.prompt_results import Shorter as Shorter
    from mlwright.app.scoring import score as score
    from mlwright.app.selftest import tested as tested
    from mlwright.app.servers import ModelServer as ModelServer
    from mlwright.app.servers import servers_here as servers_here
    from mlwright.app.starting import Started as Started
    from mlwright.app.starting import blueprint_for as blueprint_for
    from mlwright.app.starting import first_question as first_question
    from mlwright.app.starting import new as new
    from mlwright.app.starting import new_from as new_from
    from mlwright.app.starting import started_data as started_data
    from mlwright.app.status import Status as Status
    from mlwright.app.synthetic import Synthetic as Synthetic
    from mlwright.app.threshold import Calibrated as Calibrated
    from mlwright.app.tracing import Trace as Trace
    from mlwright.app.tune import Trial as Trial
    from mlwright.app.tune import Tuned as Tuned
    from mlwright.app.understanding import understand as understand
    from mlwright.app.up import UpReport as UpReport
    from mlwright.app.walk import Node as Node
    from mlwright.app.walk import Walk as Walk
    from mlwright.app.watching import Round as Round
    from mlwright.app.workspace import App as App
    from mlwright.app.workspace import as_ref as as_ref

__all__ = [
    "Actual",
    "Added",
    "App",
    "Calibrated",
    "Diagnosis",
    "DocumentFile",
    "Documented",
    "ModelServer",
    "Node",
    "Prompted",
    "Recalibrated",
    "Round",
    "Shorter",
    "Started",
    "Status",
    "Synthetic",
    "Trace",
    "Trial",
    "Tuned",
    "UpReport",
    "Walk",
    "answer_data",
    "as_ref",
    "blueprint_for",
    "diagnose",
    "document",
    "evidence_of",
    "first_question",
    "kept_notes",
    "new",
    "new_from",
    "open",
    "planned",
    "profile",
    "score",
    "servers_here",
    "started_data",
    "tested",
    "understand",
]
__getattr__, __dir__ = front_door(
    __name__,
    adding="Added",
    answers="answer_data",
    doctor="Diagnosis diagnose",
    documenting="DocumentFile Documented kept_notes",
    documents="document",
    evidence="evidence_of",
    selftest="tested",
    servers="ModelServer servers_here",
    prompt_results="Prompted Shorter",
    starting="Started blueprint_for first_question new new_from started_data",
    lookback="Actual Recalibrated",
    opening="open",
    profiling="profile",
    scoring="score",
    pricing="planned",
    status="Status",
    synthetic="Synthetic",
    threshold="Calibrated",
    tracing="Trace",
    tune="Trial Tuned",
    understanding="understand",
    up="UpReport",
    walk="Node Walk",
    watching="Round",
    workspace="App as_ref",
)
