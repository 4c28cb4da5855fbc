"""Evals: versioned sets, metrics with intervals, and the gates that a release has to pass."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.evals.build import Evals as Evals
    from mlwright.evals.build import build_evals as build_evals
    from mlwright.evals.compare import Change as Change
    from mlwright.evals.compare import changes as changes
    from mlwright.evals.compare import holm as holm
    from mlwright.evals.given import GivenAnswers as GivenAnswers
    from mlwright.evals.given import read_given as read_given
    from mlwright.evals.interview import Interview as Interview
    from mlwright.evals.interview import interviewed as interviewed
    from mlwright.evals.measure import measured as measured
    from mlwright.evals.metrics import Metric as Metric
    from mlwright.evals.metrics import MetricFacts as MetricFacts
    from mlwright.evals.metrics import MetricPart as MetricPart
    from mlwright.evals.naming import Definition as Definition
    from mlwright.evals.naming import definitions as definitions
    from mlwright.evals.naming import facts_of as facts_of
    from mlwright.evals.naming import metric_named as metric_named
    from mlwright.evals.noninferior import NonInferior as NonInferior
    from mlwright.evals.noninferior import examples_needed as examples_needed
    from mlwright.evals.noninferior import non_inferior as non_inferior
    from mlwright.evals.noninferior import provable_margin as provable_margin
    from mlwright.evals.plan import cost_lines as cost_lines
    from mlwright.evals.plan import set_size as set_size
    from mlwright.evals.ports import Cited as Cited
    from mlwright.evals.ports import Outcome as Outcome
    from mlwright.evals.ports import Recorder as Recorder
    from mlwright.evals.ports import Retrieved as Retrieved
    from mlwright.evals.ports import Target as Target
    from mlwright.evals.report import EvalReport as EvalReport
    from mlwright.evals.report import GateReport as GateReport
    from mlwright.evals.report import SetReport as SetReport
    from mlwright.evals.sets import dataset as dataset
    from mlwright.evals.sets import read_set as read_set
    from mlwright.evals.sets import written as written
    from mlwright.evals.spec import EvalSetSpec as EvalSetSpec
    from mlwright.evals.spec import EvalSpec as EvalSpec
    from mlwright.evals.spec import GateSpec as GateSpec
    from mlwright.evals.stats import detectable_drop as detectable_drop
    from mlwright.evals.stats import interval as interval
    from mlwright.evals.stats import quantile as quantile
    from mlwright.evals.synth import Stretch as Stretch
    from mlwright.evals.synth import synthesise as synthesise
    from mlwright.evals.types import EvalDataset as EvalDataset
    from mlwright.evals.types import EvalExample as EvalExample
    from mlwright.evals.types import EvalResult as EvalResult
    from mlwright.evals.types import ExampleResult as ExampleResult
    from mlwright.evals.types import Expected as Expected
    from mlwright.evals.types import Interval as Interval
    from mlwright.evals.types import Quantile as Quantile
    from mlwright.evals.types import Requirement as Requirement
    from mlwright.evals.types import Spent as Spent
    from mlwright.evals.types import StageTime as StageTime

__all__ = [
    "Change",
    "Cited",
    "Definition",
    "EvalDataset",
    "EvalExample",
    "EvalReport",
    "EvalResult",
    "EvalSetSpec",
    "EvalSpec",
    "Evals",
    "ExampleResult",
    "Expected",
    "GateReport",
    "GateSpec",
    "GivenAnswers",
    "Interval",
    "Interview",
    "Metric",
    "MetricFacts",
    "MetricPart",
    "NonInferior",
    "Outcome",
    "Quantile",
    "Recorder",
    "Requirement",
    "Retrieved",
    "SetReport",
    "Spent",
    "StageTime",
    "Stretch",
    "Target",
    "build_evals",
    "changes",
    "cost_lines",
    "dataset",
    "definitions",
    "detectable_drop",
    "examples_needed",
    "facts_of",
    "holm",
    "interval",
    "interviewed",
    "measured",
    "metric_named",
    "non_inferior",
    "provable_margin",
    "quantile",
    "read_given",
    "read_set",
    "set_size",
    "synthesise",
    "written",
]
__getattr__, __dir__ = front_door(
    __name__,
    build="Evals build_evals",
    compare="Change changes holm",
    given="GivenAnswers read_given",
    interview="Interview interviewed",
    measure="measured",
    metrics="Metric MetricFacts MetricPart",
    naming="Definition definitions facts_of metric_named",
    noninferior="NonInferior examples_needed non_inferior provable_margin",
    plan="cost_lines set_size",
    ports="Cited Outcome Recorder Retrieved Target",
    report="EvalReport GateReport SetReport",
    sets="dataset read_set written",
    spec="EvalSetSpec EvalSpec GateSpec",
    stats="detectable_drop interval quantile",
    synth="Stretch synthesise",
    types="EvalDataset EvalExample EvalResult ExampleResult Expected Interval Quantile Requirement Spent StageTime",
)
