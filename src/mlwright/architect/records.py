"""What a workspace has recorded, in each system's own words: what rules of the records and the ML Test Score read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlwright.data import DataReport
    from mlwright.evals import EvalReport
    from mlwright.rag import RagReport
    from mlwright.serving import EndpointReport, Exercised
    from mlwright.tracking import TrackingReport


@dataclass(frozen=True, slots=True)
class Records:
    """Reports read at `now`: `rag` by pipeline, `exercised` and `served` (the last 24 hours, as a rule) by
    endpoint. `trace_days` says how long traces are kept."""

    now: datetime
    data: "DataReport"
    rag: "Mapping[str, RagReport]"
    evals: "EvalReport"
    exercised: "Mapping[str, Exercised]"
    served: "Mapping[str, EndpointReport]"
    tracking: "TrackingReport"
    trace_days: float
