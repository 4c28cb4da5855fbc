"""The documents of a blueprint file: its workspace's records are their evidence, where there is one."""

from collections.abc import Mapping
from pathlib import Path

from mlwright.app.documenting import Documented, documented
from mlwright.app.opening import FOLDER, open
from mlwright.blueprint import load


def document(
    path: str | Path = "mlwright.yaml",
    folder: Path | None = None,
    *,
    check: bool = False,
    pdf: bool = False,
    target: str | None = None,
    sets: Mapping[str, str] | None = None,
) -> Documented:
    """Opens the workspace where there is one; makes none, and then needs no secret: the evidence that the folder keeps
    stands. `check` writes nothing. Raises as `open` does, Conflict for a file in the way, Unreadable for kept evidence
    that is none, MissingExtra for a PDF without a browser."""
    blueprint = load(Path(path), target=target, sets=sets or {}, secrets=False)
    if not (blueprint.folder / FOLDER).is_dir():
        return documented(blueprint, None, folder, check=check, pdf=pdf)
    with open(path, target=target, sets=sets) as app:
        return app.document(folder, check=check, pdf=pdf)
