"""What is wrong with a blueprint, all of it at once, every line with its place and a remedy."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from mlwright.blueprint.keys import known_keys
from mlwright.blueprint.nodes import Loc, Node, Place, Table, find, join_path, place_of, place_of_key
from mlwright.kernel.errors import UserError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake. `path` is the way to the value, dotted."""

    place: Place
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.path}: {self.message}" if self.path else f"{self.place}: {self.message}"


class BlueprintError(UserError):
    """A blueprint with mistakes; `problems` lists them in the order of the file."""

    def __init__(self, message: str, *, hint: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


def stop_at(problems: Iterable[Problem]) -> None:
    """Raise one BlueprintError for all problems; return where there are none."""
    found = tuple(sorted(set(problems)))
    if not found:
        return
    if len(found) == 1:
        raise BlueprintError(str(found[0]), hint=found[0].hint, problems=found)
    lines = [f"  {problem}" + (f"  ({problem.hint})" if problem.hint else "") for problem in found]
    raise BlueprintError("\n".join([f"{found[0].place.file} has {len(found)} mistakes:", *lines]), problems=found)


def nearest(name: str, known: Collection[str], what: str = "known") -> str:
    """`did you mean 'tokens'? …`, or the whole list where nothing is near."""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    listed = ", ".join(sorted(known)) or "none"
    return f"did you mean {close[0]!r}? {what}: {listed}" if close else f"{what}: {listed}"


def from_validation(error: ValidationError, model: type[BaseModel], root: Node, data: Any) -> list[Problem]:
    """Pydantic's errors in our words, at their places. Values are never repeated: one could be a secret."""
    return [_problem(found, model, root, data) for found in error.errors(include_url=False)]


def _problem(found: Any, model: type[BaseModel], root: Node, data: Any) -> Problem:
    loc: Loc = tuple(found["loc"])
    context = found.get("ctx", {})
    match found["type"]:
        case "extra_forbidden":
            inside = find(root, loc[:-1])[1]
            known = known_keys(model, data, inside)
            return Problem(
                place_of_key(root, loc), join_path(loc), "unknown key", nearest(str(loc[-1]), known, "keys here")
            )
        case "missing":
            where = find(root, loc[:-1])
            return Problem(
                where[0].place, join_path(where[1]), f"the key {str(loc[-1])!r} is missing", f"add `{loc[-1]}: …`"
            )
        case "literal_error":
            return Problem(place_of(root, loc), _path(root, loc), f"should be {context['expected']}")
        case "value_error":
            return _from_value_error(str(context.get("error", found["msg"])), root, loc)
        case "model_type" | "dict_type":
            return Problem(place_of(root, loc), _path(root, loc), "a mapping (`key: value`) belongs here")
        case "tuple_type" | "list_type":
            return Problem(place_of(root, loc), _path(root, loc), "a list belongs here", "write [a, b]")
        case _:
            message = str(found["msg"]).replace("Input should", "should").replace("String should", "should")
            return Problem(place_of(root, loc), _path(root, loc), message[:1].lower() + message[1:])


def _path(root: Node, loc: Loc) -> str:
    return join_path(find(root, loc)[1])


def _from_value_error(text: str, root: Node, loc: Loc) -> Problem:
    """An error of a unit or of a part; one about the part's name points at the name."""
    message, _, hint = text.partition("\n  hint: ")
    node, way = find(root, loc)
    if "has no part" in message and isinstance(node, Table):
        name = next((key for key in ("use", "by") if key in node.items), None)
        node, way = (node.items[name], (*way, name)) if name else (node, way)
    return Problem(node.place, join_path(way), message, hint)
