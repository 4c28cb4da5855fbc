"""Architect: reviews, prices, stages and draws a blueprint. It reads facts and reports, and builds nothing."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.architect.checking import check as check
    from mlwright.architect.checking import fix as fix
    from mlwright.architect.checking import fixed as fixed
    from mlwright.architect.drawing import Form as Form
    from mlwright.architect.drawing import draw as draw
    from mlwright.architect.findings import Finding as Finding
    from mlwright.architect.findings import to_json as to_json
    from mlwright.architect.findings import to_sarif as to_sarif
    from mlwright.architect.forms import plan_json as plan_json
    from mlwright.architect.forms import plan_markdown as plan_markdown
    from mlwright.architect.graph import Edge as Edge
    from mlwright.architect.graph import Lane as Lane
    from mlwright.architect.graph import Node as Node
    from mlwright.architect.latency import EndpointLatency as EndpointLatency
    from mlwright.architect.planning import Plan as Plan
    from mlwright.architect.planning import PlannedCost as PlannedCost
    from mlwright.architect.planning import plan as plan
    from mlwright.architect.readiness import Score as Score
    from mlwright.architect.readiness import Tested as Tested
    from mlwright.architect.readiness import score as score
    from mlwright.architect.readiness import score_json as score_json
    from mlwright.architect.records import Records as Records
    from mlwright.architect.staging import Indexed as Indexed
    from mlwright.architect.staging import Workspace as Workspace
    from mlwright.architect.staging import stages as stages
    from mlwright.architect.svg import draw_graph as draw_graph
    from mlwright.architect.views import View as View
    from mlwright.architect.views import all_views as all_views

__all__ = [
    "Edge", "EndpointLatency", "Finding", "Form", "Indexed", "Lane", "Node", "Plan", "PlannedCost", "Records",
    "Score", "Tested", "View", "Workspace", "all_views", "check", "draw", "draw_graph", "fix", "fixed", "plan",
    "plan_json", "plan_markdown", "score", "score_json", "stages", "to_json", "to_sarif",
]  # fmt: skip
__getattr__, __dir__ = front_door(
    __name__,
    checking="check fix fixed",
    drawing="Form draw",
    findings="Finding to_json to_sarif",
    forms="plan_json plan_markdown",
    graph="Edge Lane Node",
    latency="EndpointLatency",
    planning="Plan PlannedCost plan",
    readiness="Score Tested score score_json",
    records="Records",
    staging="Indexed Workspace stages",
    svg="draw_graph",
    views="View all_views",
)
