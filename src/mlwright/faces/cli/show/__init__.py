"""What the terminal shows: a function for each thing that a command prints. Opens on first use: help stays fast."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.faces.cli.show.answers import answer as answer
    from mlwright.faces.cli.show.answers import hits as hits
    from mlwright.faces.cli.show.answers import question as question
    from mlwright.faces.cli.show.answers import token as token
    from mlwright.faces.cli.show.answers import turn as turn
    from mlwright.faces.cli.show.console import columns as columns
    from mlwright.faces.cli.show.console import json_line as json_line
    from mlwright.faces.cli.show.console import json_of as json_of
    from mlwright.faces.cli.show.console import json_text as json_text
    from mlwright.faces.cli.show.console import line as line
    from mlwright.faces.cli.show.console import nothing as nothing
    from mlwright.faces.cli.show.console import verbatim as verbatim
    from mlwright.faces.cli.show.design import differences as differences
    from mlwright.faces.cli.show.design import documented as documented
    from mlwright.faces.cli.show.design import findings as findings
    from mlwright.faces.cli.show.design import score as score
    from mlwright.faces.cli.show.design import stage as stage
    from mlwright.faces.cli.show.explained import places as places
    from mlwright.faces.cli.show.explained import stages as stages
    from mlwright.faces.cli.show.first import first_answer as first_answer
    from mlwright.faces.cli.show.indexes import damages as damages
    from mlwright.faces.cli.show.indexes import index_diff as index_diff
    from mlwright.faces.cli.show.indexes import index_map as index_map
    from mlwright.faces.cli.show.indexes import index_versions as index_versions
    from mlwright.faces.cli.show.indexes import pruned as pruned
    from mlwright.faces.cli.show.planning import actual as actual
    from mlwright.faces.cli.show.planning import plan as plan
    from mlwright.faces.cli.show.planning import plan_changes as plan_changes
    from mlwright.faces.cli.show.planning import recalibrated as recalibrated
    from mlwright.faces.cli.show.progress import progress as progress
    from mlwright.faces.cli.show.prompting import prompted as prompted
    from mlwright.faces.cli.show.starting import asked as asked
    from mlwright.faces.cli.show.starting import profile as profile
    from mlwright.faces.cli.show.starting import started as started
    from mlwright.faces.cli.show.starting import understood as understood
    from mlwright.faces.cli.show.systems import added as added
    from mlwright.faces.cli.show.systems import diagnosis as diagnosis
    from mlwright.faces.cli.show.systems import ingested as ingested
    from mlwright.faces.cli.show.systems import quarantined as quarantined
    from mlwright.faces.cli.show.systems import results as results
    from mlwright.faces.cli.show.systems import run as run
    from mlwright.faces.cli.show.systems import runs as runs
    from mlwright.faces.cli.show.systems import status as status
    from mlwright.faces.cli.show.systems import traffic as traffic
    from mlwright.faces.cli.show.systems import up as up
    from mlwright.faces.cli.show.systems import watched as watched
    from mlwright.faces.cli.show.trees import kinds as kinds
    from mlwright.faces.cli.show.trees import tree as tree
    from mlwright.faces.cli.show.tuning import calibrated as calibrated
    from mlwright.faces.cli.show.tuning import synthetic as synthetic
    from mlwright.faces.cli.show.tuning import tuned as tuned

__all__ = [
    "actual",
    "added",
    "answer",
    "asked",
    "calibrated",
    "columns",
    "damages",
    "diagnosis",
    "differences",
    "documented",
    "findings",
    "first_answer",
    "hits",
    "index_diff",
    "index_map",
    "index_versions",
    "ingested",
    "json_line",
    "json_of",
    "json_text",
    "kinds",
    "line",
    "nothing",
    "places",
    "plan",
    "plan_changes",
    "profile",
    "progress",
    "prompted",
    "pruned",
    "quarantined",
    "question",
    "recalibrated",
    "results",
    "run",
    "runs",
    "score",
    "stage",
    "stages",
    "started",
    "status",
    "synthetic",
    "token",
    "traffic",
    "tree",
    "tuned",
    "turn",
    "understood",
    "up",
    "verbatim",
    "watched",
]
__getattr__, __dir__ = front_door(
    __name__,
    answers="answer hits question token turn",
    console="columns json_line json_of json_text line nothing verbatim",
    design="differences documented findings score stage",
    explained="places stages",
    first="first_answer",
    indexes="damages index_diff index_map index_versions pruned",
    planning="actual plan plan_changes recalibrated",
    progress="progress",
    prompting="prompted",
    starting="asked profile started understood",
    systems="added diagnosis ingested quarantined results run runs status traffic up watched",
    trees="kinds tree",
    tuning="calibrated synthetic tuned",
)
