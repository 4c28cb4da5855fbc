"""Architect: reviews, prices, stages and draws a blueprint. It reads facts and reports, and builds nothing."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.architect.actual import Comparison as Comparison
    from mlwright.architect.actual import Line as Line
    from mlwright.architect.actual import compare as compare
    from mlwright.architect.actual import kept as kept
    from mlwright.architect.calibration import Calibration as Calibration
    from mlwright.architect.calibration import calibrate as calibrate
    from mlwright.architect.checking import check as check
    from mlwright.architect.checking import fix as fix
    from mlwright.architect.checking import fixed as fixed
    from mlwright.architect.comparing import PlanChange as PlanChange
    from mlwright.architect.comparing import plan_changes as plan_changes
    from mlwright.architect.comparing import saved_plan as saved_plan
    from mlwright.architect.costs import PlannedCost as PlannedCost
    from mlwright.architect.documenting import LEDGER as LEDGER
    from mlwright.architect.documenting import MARK as MARK
    from mlwright.architect.documenting import PAGE as PAGE
    from mlwright.architect.documenting import DesignFolder as DesignFolder
    from mlwright.architect.documenting import counted as counted
    from mlwright.architect.documenting import design_folder as design_folder
    from mlwright.architect.documenting import note_files as note_files
    from mlwright.architect.documenting import records_cited as records_cited
    from mlwright.architect.documents import Document as Document
    from mlwright.architect.documents import all_documents as all_documents
    from mlwright.architect.documents._subject import Subject as Subject
    from mlwright.architect.drawing import Form as Form
    from mlwright.architect.drawing import draw as draw
    from mlwright.architect.evidence import Evidence as Evidence
    from mlwright.architect.evidence import RequestRecord as RequestRecord
    from mlwright.architect.evidence import RunRecord as RunRecord
    from mlwright.architect.evidence import evidence_from as evidence_from
    from mlwright.architect.findings import Finding as Finding
    from mlwright.architect.findings import to_json as to_json
    from mlwright.architect.findings import to_sarif as to_sarif
    from mlwright.architect.forms import plan_json as plan_json
    from mlwright.architect.forms import told_gate as told_gate
    from mlwright.architect.forms import told_load as told_load
    from mlwright.architect.forms import told_saving as told_saving
    from mlwright.architect.forms import told_step as told_step
    from mlwright.architect.graph import Edge as Edge
    from mlwright.architect.graph import Lane as Lane
    from mlwright.architect.graph import Node as Node
    from mlwright.architect.latency import EndpointLatency as EndpointLatency
    from mlwright.architect.markdown import plan_markdown as plan_markdown
    from mlwright.architect.measured import Measured as Measured
    from mlwright.architect.measured import Served as Served
    from mlwright.architect.measured import measure as measure
    from mlwright.architect.planning import Plan as Plan
    from mlwright.architect.planning import plan as plan
    from mlwright.architect.proposing import Proposal as Proposal
    from mlwright.architect.proposing import propose as propose
    from mlwright.architect.readiness import Score as Score
    from mlwright.architect.readiness import Tested as Tested
    from mlwright.architect.readiness import score as score
    from mlwright.architect.readiness import score_json as score_json
    from mlwright.architect.records import Records as Records
    from mlwright.architect.savings import Results as Results
    from mlwright.architect.savings import Saving as Saving
    from mlwright.architect.staging import Indexed as Indexed
    from mlwright.architect.staging import Workspace as Workspace
    from mlwright.architect.staging import stages as stages
    from mlwright.architect.starting.choices import Choice as Choice
    from mlwright.architect.starting.profile import EvalFile as EvalFile
    from mlwright.architect.starting.profile import GivenFile as GivenFile
    from mlwright.architect.starting.profile import Labels as Labels
    from mlwright.architect.starting.profile import Lengths as Lengths
    from mlwright.architect.starting.profile import Profile as Profile
    from mlwright.architect.starting.prose import first_request as first_request
    from mlwright.architect.starting.prose import repairing as repairing
    from mlwright.architect.starting.prose import understood as understood
    from mlwright.architect.starting.questions import Question as Question
    from mlwright.architect.starting.questions import problem as problem
    from mlwright.architect.starting.questions import still_open as still_open
    from mlwright.architect.starting.requirements import Requirements as Requirements
    from mlwright.architect.starting.situation import LocalModel as LocalModel
    from mlwright.architect.starting.situation import Situation as Situation
    from mlwright.architect.starting.words import counted_words as counted_words
    from mlwright.architect.starting.words import told_seconds as told_seconds
    from mlwright.architect.starting.words import told_usd as told_usd
    from mlwright.architect.svg import draw_graph as draw_graph
    from mlwright.architect.telling import actual_json as actual_json
    from mlwright.architect.telling import actual_markdown as actual_markdown
    from mlwright.architect.telling import changes_markdown as changes_markdown
    from mlwright.architect.telling import told_actual as told_actual
    from mlwright.architect.telling import told_basis as told_basis
    from mlwright.architect.telling import told_change as told_change
    from mlwright.architect.telling import told_error as told_error
    from mlwright.architect.telling import told_plan as told_plan
    from mlwright.architect.timeline import draw_trace as draw_trace
    from mlwright.architect.timeline import lane_of as lane_of
    from mlwright.architect.views import View as View
    from mlwright.architect.views import all_views as all_views
    from mlwright.architect.writing.cited import cited_blocks as cited_blocks
    from mlwright.architect.writing.html import Html as Html
    from mlwright.architect.writing.notes import notes_of as notes_of
    from mlwright.architect.writing.source import shown_lines as shown_lines

__all__ = [
    "LEDGER", "MARK", "PAGE", "Calibration", "Choice", "Comparison", "DesignFolder", "Document", "Edge",
    "EndpointLatency", "EvalFile", "Evidence", "Finding", "Form", "GivenFile", "Html", "Indexed", "Labels", "Lane",
    "Lengths", "Line", "LocalModel", "Measured", "Node", "Plan", "PlanChange", "PlannedCost", "Profile", "Proposal",
    "Question", "Records", "RequestRecord", "Requirements", "Results", "RunRecord", "Saving", "Score", "Served",
    "Situation", "Subject", "Tested", "View", "Workspace", "actual_json", "actual_markdown", "all_documents",
    "all_views", "calibrate", "changes_markdown", "check", "cited_blocks", "compare", "counted", "counted_words",
    "design_folder", "draw", "draw_graph", "draw_trace", "evidence_from", "first_request", "fix", "fixed", "kept",
    "lane_of", "measure", "note_files", "notes_of", "plan", "plan_changes", "plan_json", "plan_markdown", "problem",
    "propose", "records_cited", "repairing", "saved_plan", "score", "score_json", "shown_lines", "stages",
    "still_open", "to_json", "to_sarif", "told_actual", "told_basis", "told_change", "told_error", "told_gate",
    "told_load", "told_plan", "told_saving", "told_seconds", "told_step", "told_usd", "understood",
]  # fmt: skip
__getattr__, __dir__ = front_door(
    __name__,
    actual="Comparison Line compare kept",
    calibration="Calibration calibrate",
    checking="check fix fixed",
    comparing="PlanChange plan_changes saved_plan",
    costs="PlannedCost",
    documenting="LEDGER MARK PAGE DesignFolder counted design_folder note_files records_cited",
    documents="Document all_documents",
    drawing="Form draw",
    evidence="Evidence RequestRecord RunRecord evidence_from",
    findings="Finding to_json to_sarif",
    forms="plan_json told_gate told_load told_saving told_step",
    graph="Edge Lane Node",
    latency="EndpointLatency",
    markdown="plan_markdown",
    measured="Measured Served measure",
    planning="Plan plan",
    readiness="Score Tested score score_json",
    proposing="Proposal propose",
    records="Records",
    savings="Results Saving",
    staging="Indexed Workspace stages",
    svg="draw_graph",
    timeline="draw_trace lane_of",
    views="View all_views",
    telling="actual_json actual_markdown changes_markdown told_actual told_basis told_change told_error told_plan",
    **{
        "documents._subject": "Subject",
        "starting.choices": "Choice",
        "starting.profile": "EvalFile GivenFile Labels Lengths Profile",
        "starting.prose": "first_request repairing understood",
        "starting.requirements": "Requirements",
        "starting.situation": "LocalModel Situation",
        "starting.questions": "Question problem still_open",
        "starting.words": "counted_words told_seconds told_usd",
        "writing.cited": "cited_blocks",
        "writing.html": "Html",
        "writing.notes": "notes_of",
        "writing.source": "shown_lines",
    },
)
