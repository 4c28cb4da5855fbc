"""The plan of a blueprint's file: needs no secret and no workspace, and takes what is known where there is one."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from mlwright.app.opening import FOLDER
from mlwright.app.overhead import overhead_of
from mlwright.app.planning import results_of
from mlwright.architect import Plan, Results, plan
from mlwright.blueprint import Blueprint, load
from mlwright.evals import build_evals
from mlwright.kernel.open import STORE, open_kernel
from mlwright.kernel.settings import load_settings
from mlwright.tracking import build_tracking


def planned(
    path: str | Path = "mlwright.yaml",
    *,
    target: str | None = None,
    sets: Mapping[str, str] | None = None,
    today: date | None = None,
) -> Plan:
    """The plan, savings and all; where there is a workspace, its self-test and its evaluations count."""
    blueprint = load(Path(path), target=target, sets=sets or {}, secrets=False)
    home = blueprint.folder / FOLDER
    return plan(blueprint, today=today, overhead=overhead_of(home), results=_kept(blueprint, home))


def _kept(blueprint: Blueprint, home: Path) -> Results:
    """The evaluations of a workspace whose store lies in its folder; none of one that is elsewhere, since reading it
    may need secrets and a network."""
    elsewhere = blueprint.target.store or load_settings(home / "settings.toml").store
    if elsewhere or not (home / STORE).exists():
        return {}
    kernel = open_kernel(home)
    try:
        tracking = build_tracking(blueprint.tracking, kernel, system=blueprint.system.name, base=blueprint.folder)
        evals = build_evals(blueprint.evals, kernel, base=blueprint.folder, record=tracking.record)
        return results_of(evals, blueprint)
    finally:
        kernel.close()
