"""From read values to a model: validation, mistakes at their places, and other files by the same rules."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mlwright.blueprint.nodes import Loc, Node, Scalar, Table, find, plain_data, replaced
from mlwright.blueprint.problems import from_validation, stop_at
from mlwright.blueprint.reading import MAX_BYTES, read_bytes
from mlwright.kernel.errors import NotFound, UserError

T = TypeVar("T", bound=BaseModel)


def read_as(model: type[T], path: str | Path) -> T:
    """A YAML file as another model than a blueprint, read by the rules of blueprints. Raises NotFound where there is no
    such file, and UserError whose lines begin with `file:line:column`."""
    file = Path(path)
    root = read_bytes(file_bytes(file), file.name)
    if not isinstance(root, Table):
        raise UserError(f"{root.place}: a mapping (`key: value`) belongs here", hint=f"keys: {_keys(model)}")
    return validated(model, root, plain_data(root))[0]


def file_bytes(file: Path, what: str = "file", hint: str = "check the path") -> bytes:
    """Raises NotFound where the file is missing, UserError where it is too large or cannot be read."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UserError(
                f"{file.name}: a {what} has at most {MAX_BYTES:,} bytes", hint="prompts and eval sets stand beside it"
            )
        return file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"there is no {what} at {file}", hint=hint) from error
    except OSError as error:
        raise UserError(
            f"{file} cannot be read: {error.strerror}", hint="check the path and its permissions"
        ) from error


def validated(model: type[T], root: Node, data: Any, base: Path | None = None) -> tuple[T, Any]:
    """The model, and the data it was made from: a text field takes the word as it is written (`3.10`, not 3.1). `base`
    is the folder in which relative paths start, for parts that have some."""
    context = None if base is None else {"base": base}
    try:
        return model.model_validate(data, context=context), data
    except ValidationError as error:
        first = error
    data = _as_written(root, data, [tuple(found["loc"]) for found in first.errors() if found["type"] == "string_type"])
    try:
        return model.model_validate(data, context=context), data
    except ValidationError as error:
        stop_at(from_validation(error, model, root, data))
        raise


def _as_written(root: Node, data: Any, texts: list[Loc]) -> Any:
    for loc in texts:
        node, way = find(root, loc)
        if isinstance(node, Scalar) and node.plain and node.value is not None:
            data = replaced(data, way, node.text)
    return data


def _keys(model: type[BaseModel]) -> str:
    return ", ".join(model.model_fields)
