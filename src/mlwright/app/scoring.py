"""The ML Test Score of a blueprint's workspace; of its file alone, where nothing was brought up yet."""

from collections.abc import Mapping
from pathlib import Path

from mlwright import architect
from mlwright.app.opening import FOLDER, open
from mlwright.blueprint import load


def score(
    path: str | Path = "mlwright.yaml", *, target: str | None = None, sets: Mapping[str, str] | None = None
) -> architect.Score:
    """Opens the workspace where there is one; makes none. Raises as `open` does."""
    blueprint = load(Path(path), target=target, sets=sets or {}, secrets=False)
    if not (blueprint.folder / FOLDER).exists():
        return architect.score(blueprint)
    with open(path, target=target, sets=sets) as app:
        return app.score()
