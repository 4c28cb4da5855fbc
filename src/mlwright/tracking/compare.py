"""Runs side by side: which params differ, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mlwright.tracking.types import Run

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One column per run, in the order asked. A row holds None where a run has no such param, metric or package.

    `differing` names the rows (`param/…`, `environment/…`, and `commit`) in which the runs are not all alike.
    """

    runs: tuple[Run, ...]
    params: Mapping[str, tuple[str | None, ...]]
    metrics: Mapping[str, tuple[float | None, ...]]
    environment: Mapping[str, tuple[str | None, ...]]
    differing: tuple[str, ...]


def compare(runs: Sequence[Run]) -> Comparison:
    """Differing params come first; of the environment only what differs is kept."""
    params = _side_by_side([run.params for run in runs])
    environment = {name: row for name, row in _side_by_side([run.environment for run in runs]).items() if _differs(row)}
    names = sorted(params, key=lambda name: (not _differs(params[name]), name))
    differing = [f"param/{name}" for name in names if _differs(params[name])]
    differing += [f"environment/{name}" for name in environment]
    differing += ["commit"] if len({(run.commit, run.dirty) for run in runs}) > 1 else []
    return Comparison(
        runs=tuple(runs),
        params={name: params[name] for name in names},
        metrics=_side_by_side([run.metrics for run in runs]),
        environment=environment,
        differing=tuple(differing),
    )


def _side_by_side(columns: Sequence[Mapping[str, T]]) -> dict[str, tuple[T | None, ...]]:
    names = sorted({name for column in columns for name in column})
    return {name: tuple(column.get(name) for column in columns) for name in names}


def _differs(row: Sequence[object]) -> bool:
    return len(set(row)) > 1
