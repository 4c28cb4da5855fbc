"""Blueprint: the file that says what a system is, what it promises and what it may cost."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.blueprint.deriving import as_pattern as as_pattern
    from mlwright.blueprint.deriving import check_documents as check_documents
    from mlwright.blueprint.deriving import derive as derive
    from mlwright.blueprint.deriving import every as every
    from mlwright.blueprint.deriving import path_from as path_from
    from mlwright.blueprint.deriving import system_name as system_name
    from mlwright.blueprint.difference import Difference as Difference
    from mlwright.blueprint.difference import diff as diff
    from mlwright.blueprint.edit import Edit as Edit
    from mlwright.blueprint.edit import as_diff as as_diff
    from mlwright.blueprint.edit import edited as edited
    from mlwright.blueprint.filling import read_as as read_as
    from mlwright.blueprint.identity import prompt_key as prompt_key
    from mlwright.blueprint.identity import prompt_place as prompt_place
    from mlwright.blueprint.json_schema import schema as schema
    from mlwright.blueprint.loading import aimed as aimed
    from mlwright.blueprint.loading import changed as changed
    from mlwright.blueprint.loading import from_release as from_release
    from mlwright.blueprint.loading import from_text as from_text
    from mlwright.blueprint.loading import load as load
    from mlwright.blueprint.model import Blueprint as Blueprint
    from mlwright.blueprint.model import SystemSpec as SystemSpec
    from mlwright.blueprint.model import Target as Target
    from mlwright.blueprint.model import WaiverSpec as WaiverSpec
    from mlwright.blueprint.nodes import Place as Place
    from mlwright.blueprint.problems import BlueprintError as BlueprintError
    from mlwright.blueprint.problems import Problem as Problem
    from mlwright.blueprint.reasons import Reason as Reason
    from mlwright.blueprint.reasons import reasons as reasons
    from mlwright.blueprint.secrets import leaves as leaves
    from mlwright.blueprint.writing import quoted as quoted
    from mlwright.blueprint.writing import scalar as scalar

__all__ = [
    "Blueprint",
    "BlueprintError",
    "Difference",
    "Edit",
    "Place",
    "Problem",
    "Reason",
    "SystemSpec",
    "Target",
    "WaiverSpec",
    "aimed",
    "as_diff",
    "as_pattern",
    "changed",
    "check_documents",
    "derive",
    "diff",
    "edited",
    "every",
    "from_release",
    "from_text",
    "leaves",
    "load",
    "path_from",
    "prompt_key",
    "prompt_place",
    "quoted",
    "read_as",
    "reasons",
    "scalar",
    "schema",
    "system_name",
]
__getattr__, __dir__ = front_door(
    __name__,
    deriving="as_pattern check_documents derive every path_from system_name",
    difference="Difference diff",
    edit="Edit as_diff edited",
    filling="read_as",
    identity="prompt_key prompt_place",
    json_schema="schema",
    loading="aimed changed from_release from_text load",
    model="Blueprint SystemSpec Target WaiverSpec",
    nodes="Place",
    problems="BlueprintError Problem",
    reasons="Reason reasons",
    secrets="leaves",
    writing="quoted scalar",
)
