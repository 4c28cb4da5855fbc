"""From a file to a Blueprint: read, overlay, validate, resolve names, fill secrets. All mistakes are told together."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from mlwright.blueprint.edit import Edit
from mlwright.blueprint.filling import file_bytes, validated
from mlwright.blueprint.identity import prompt_key
from mlwright.blueprint.model import Blueprint, Origin, Target
from mlwright.blueprint.nodes import Loc, Node, Place, Table, find, join_path, place_of, plain_data
from mlwright.blueprint.overlay import from_command_line, node_of, overlaid
from mlwright.blueprint.problems import Problem, nearest, stop_at
from mlwright.blueprint.reading import read_bytes
from mlwright.blueprint.references import unresolved
from mlwright.blueprint.secrets import filled, unset, variables
from mlwright.kernel.errors import NotFound, UserError

MAX_PROMPT = 256 * 1024
_FIRST = "`mlwright up PATH/TO/DOCS` writes one for a folder"


def load(
    path: str | Path, *, target: str | None = None, sets: Mapping[str, str] | None = None, secrets: bool = True
) -> Blueprint:
    """Read a blueprint file.

    `target` picks an overlay of `targets` (`local` always exists), `sets` are `--set path=value` pairs, which win.
    Secrets written as `${NAME}` are filled from the environment; with `secrets=False` a variable that is not set is no
    error (check, plan and draw need none). Raises NotFound where there is no such file or target, and UserError whose
    lines begin with `mlwright.yaml:7:12:`."""
    file = Path(path)
    if file.is_dir():
        file = file / "mlwright.yaml"
    root = read_bytes(file_bytes(file, "blueprint", _FIRST), file.name)
    return from_tree(root, file.resolve(), target=target, sets=from_command_line(sets or {}), secrets=secrets)


def from_text(text: str, path: str | Path = "mlwright.yaml", *, secrets: bool = False) -> Blueprint:
    """A blueprint from text, as if it stood in the file `path`. Raises as `load` does."""
    file = Path(path)
    return from_tree(read_bytes(text.encode(), file.name), file.resolve(), secrets=secrets)


def aimed(blueprint: Blueprint, target: str) -> Blueprint:
    """The same file for another of its targets, which may lack its secrets. Raises NotFound."""
    return from_tree(blueprint.root, blueprint.path, target=target, secrets=False, prompts=blueprint.prompts)


def changed(blueprint: Blueprint, edits: Iterable[Edit]) -> Blueprint:
    """The blueprint as it would be with values set; its file stays as it is. Raises UserError for a value that is not
    allowed, and for an edit that takes a key out."""
    sets = from_command_line({edit.path: edit.value or "" for edit in edits})
    found = from_tree(blueprint.root, blueprint.path, sets=sets, secrets=False)
    return found.with_target(blueprint.target)


def from_release(recorded: Mapping[str, Any], *, folder: Path) -> Blueprint:
    """The blueprint that `as_release` recorded, with the prompts of then. Secrets come from the environment."""
    root = node_of(recorded["blueprint"], Place("release"))
    return from_tree(root, folder / "mlwright.yaml", prompts=recorded["prompts"])


def from_tree(
    root: Node,
    file: Path,
    *,
    target: str | None = None,
    sets: Mapping[str, Node] | None = None,
    secrets: bool = True,
    prompts: Mapping[str, str] | None = None,
) -> Blueprint:
    """A blueprint from values with places. `prompts` replaces reading the prompt files."""
    if not isinstance(root, Table):
        raise UserError(f"{root.place}: a blueprint is a mapping", hint="begin with `system: {name: …}`")
    root = overlaid(root, _of_target(root, target))
    root = overlaid(root, sets or {})
    blueprint, data = validated(Blueprint, root, plain_data(root), file.parent)
    blueprint = blueprint.with_origin(Origin(file, root))
    found, problems = variables(blueprint, root)
    problems += unresolved(blueprint)
    texts, missing = _prompts(blueprint) if prompts is None else (prompts, [])
    stop_at([*problems, *missing, *(unset(found, root) if secrets else ())])
    if found:
        blueprint, _ = validated(Blueprint, root, filled(data, found), file.parent)
    return blueprint.with_origin(Origin(file, root, _target(blueprint, target), found, texts))


def _of_target(root: Table, name: str | None) -> dict[str, Node]:
    """What the chosen target sets, before anything is validated."""
    if name is None:
        return {}
    targets = root.items.get("targets")
    known = list(targets.items) if isinstance(targets, Table) else []
    if name not in known:
        if name == "local":
            return {}
        raise NotFound(f"{root.place.file} has no target {name!r}", hint=nearest(name, [*known, "local"], "targets"))
    return {**_engines(root, name), **_table(root, ("targets", name, "set"))}


def _engines(root: Table, target: str) -> dict[str, Node]:
    """`vectors` of a target is short for the engine of every pipeline."""
    vectors = _table(root, ("targets", target)).get("vectors")
    return {} if vectors is None else {f"rag.{name}.index.engine": vectors for name in _table(root, ("rag",))}


def _table(root: Table, loc: Loc) -> dict[str, Node]:
    """The items of the mapping at a place; none where there is no mapping."""
    node, way = find(root, loc)
    return dict(node.items) if way == loc and isinstance(node, Table) else {}


def _target(blueprint: Blueprint, name: str | None) -> Target:
    spec = blueprint.targets.get(name or "local")
    if spec is None:
        return Target(name or "local")
    return Target(name or "local", _plain(spec.store), _plain(spec.blobs), spec.compute)


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None


def _prompts(blueprint: Blueprint) -> tuple[dict[str, str], list[Problem]]:
    """The text of every prompt file, and a problem for each that cannot be read."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    named = ((name, stage, file) for name, one in blueprint.rag.items() for stage, file in one.prompts.items() if file)
    for name, stage, file in named:
        loc: Loc = ("rag", name, stage, "prompt")
        try:
            texts[prompt_key(name, stage)] = _prompt(blueprint.folder / file)
        except OSError as error:
            why = f"{file} cannot be read: {error.strerror}"
            problems.append(
                Problem(place_of(blueprint.root, loc), join_path(loc), why, "paths start at the blueprint's folder")
            )
        except ValueError as error:
            problems.append(Problem(place_of(blueprint.root, loc), join_path(loc), str(error)))
    return texts, problems


def _prompt(file: Path) -> str:
    if file.stat().st_size > MAX_PROMPT:
        raise ValueError(f"{file.name} has more than {MAX_PROMPT:,} bytes")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file.name} is not UTF-8 text") from error
