"""Planning: the walk from an open workspace to its plan."""

from mlwright.app.joined import Joined
from mlwright.app.overhead import overhead_of
from mlwright.architect import Plan, Results, plan
from mlwright.blueprint import Blueprint
from mlwright.evals import EvalResult, Evals
from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref

_RESULTS = 500


def plan_of(app: Joined) -> Plan:
    """The plan of an open workspace."""
    today = app.kernel.clock.now().date()
    results = results_of(app.evals, app.blueprint)
    return plan(app.blueprint, today=today, overhead=overhead_of(app.home), results=results)


def results_of(evals: Evals, blueprint: Blueprint) -> Results:
    """The newest evaluation of every release on the sets as they are now, by gate."""
    found: dict[str, dict[Ref, EvalResult]] = {}
    for gate, spec in blueprint.evals.gates.items():
        try:
            version = evals.dataset(spec.set).ref
        except UserError:
            continue
        for result in reversed(evals.results(_RESULTS, gate)):
            if result.dataset == version:
                found.setdefault(gate, {})[result.target] = result
    return found
