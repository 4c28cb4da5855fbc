"""A part is one choice in the blueprint: `{use: openai, model: …}`. One file holds all of a part.

The file of part `x` of slot `mlwright.rag.chunkers` is `mlwright/rag/chunkers/x.py`, or any module that an installed
package names in the entry point group of the slot. It holds a class `Config(Part)` with the fields, the facts that
the architect reads, and `build`, and the class that does the work. Packages with weight are imported inside `build`.
A name that starts with an underscore is a helper of a part, not a part.
"""

import ast
import importlib
import inspect
import pkgutil
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from mlwright.kernel.errors import Conflict, MissingExtra, NotFound


class Facts(BaseModel):
    """What engine and architect may know about a part without building it. A slot's port may extend it."""

    model_config = ConfigDict(frozen=True)
    embedded: bool = True
    """Runs inside this process, on this machine, with no server."""
    leaves_machine: bool = False
    """Data go to another company."""
    provider: str = "local"
    """Who runs it: two parts of one provider fail together."""
    licence: str = ""


class Part(BaseModel):
    """The configuration of one choice; frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    use: str

    def facts(self) -> Facts:
        return Facts()


@cache
def names(slot: str) -> tuple[str, ...]:
    """Every part that fits the slot: files of its folder, then entry points of installed packages."""
    return tuple(sorted({*_own(slot), *_foreign(slot)}))


def config_of(slot: str, name: str) -> type[Part]:
    """The `Config` of a part. Raises NotFound (naming the known parts) and Conflict (two parts of one name)."""
    own, foreign = name in _own(slot), _foreign(slot).get(name)
    if own and foreign:
        raise Conflict(
            f"{slot} has a part {name!r}, and so has the installed package behind {foreign.value!r}",
            hint=f"uninstall that package or rename its entry point in group {slot!r}",
        )
    if not own and not foreign:
        known = ", ".join(names(slot)) or "none"
        raise NotFound(f"{slot.removeprefix('mlwright.')} has no part {name!r}", hint=f"choose one of: {known}")
    module = foreign.load() if foreign else importlib.import_module(f"{slot}.{name}")
    config: type[Part] = module.Config
    return config


def _own(slot: str) -> set[str]:
    package = importlib.import_module(slot)
    return {found.name for found in pkgutil.iter_modules(package.__path__) if not found.name.startswith("_")}


def _foreign(slot: str) -> dict[str, EntryPoint]:
    return _entries(slot, tuple(sys.path))


@cache
def _entries(slot: str, path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Looked up once for each search path: every look reads the metadata of all installed packages."""
    return {found.name: found for found in entry_points(group=slot)}


@dataclass(frozen=True, slots=True)
class Slot:
    """Marks a field that takes any part of a folder: `Annotated[ChunkerPart, Slot("mlwright.rag.chunkers")]`.

    Three spellings mean the same: `openai`, `openai/gpt-4o-mini` (sets the field `model`), `{use: openai, model: …}`.
    `key` is the name of the field that stands for `use` in this section, as `by` in `chunk: {by: structure}`.
    """

    package: str
    key: str = "use"

    def __get_pydantic_core_schema__(self, base: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self._read,
            serialization=core_schema.plain_serializer_function_ser_schema(self._write),
        )

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, *(self._schema(name) for name in names(self.package))]}

    def _schema(self, name: str) -> dict[str, Any]:
        config = config_of(self.package, name)
        whole = config.model_json_schema()
        schema: dict[str, Any] = _inlined(whole, whole.pop("$defs", {}))
        fields = schema["properties"]
        for field, text in _attribute_docs(config).items():
            fields[field].setdefault("description", text)
        fields[self.key] = {"const": name, "description": schema.get("description", "")}
        if self.key != "use":
            del fields["use"]
        return schema

    def _read(self, value: Any, info: core_schema.ValidationInfo) -> Part:
        if isinstance(value, Part):
            return value
        fields = self._fields(value)
        try:
            config = config_of(self.package, str(fields.get("use", "")))
        except NotFound as error:  # a ValueError keeps the path of the field in the blueprint
            raise ValueError(str(error)) from error
        return config.model_validate(fields, context=info.context)

    def _write(self, part: Part) -> dict[str, Any]:
        """The long spelling, which `_read` takes back; secrets stay masked."""
        fields = part.model_dump(mode="json")
        return {self.key: fields.pop("use"), **fields}

    def _fields(self, value: Any) -> dict[str, Any]:
        if isinstance(value, str):
            use, slash, model = value.partition("/")
            return {"use": use, "model": model} if slash else {"use": use}
        if isinstance(value, Mapping):
            fields = dict(value)
            if self.key in fields:
                fields["use"] = fields.pop(self.key)
            return fields
        raise ValueError(f"write a name, or a mapping with the key {self.key!r}")


def _attribute_docs(config: type[Part]) -> dict[str, str]:
    """The strings that stand below the fields of a part, its own before those it inherits."""
    found: dict[str, str] = {}
    for owner in config.__mro__:
        if not issubclass(owner, Part):
            break
        body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
        for before, after in pairwise(body.body if isinstance(body, ast.ClassDef) else []):
            if (
                isinstance(before, ast.AnnAssign)
                and isinstance(before.target, ast.Name)
                and isinstance(after, ast.Expr)
            ):
                value = after.value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found.setdefault(before.target.id, " ".join(value.value.split()))
    return found


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema without references: two parts may use one name for different models of their own."""
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    name = str(node.get("$ref", "")).removeprefix("#/$defs/")
    whole = {**definitions[name], **{key: value for key, value in node.items() if key != "$ref"}} if name else node
    return {key: _inlined(value, definitions) for key, value in whole.items()}


def need(module: str, extra: str) -> Any:
    """Import a package with weight, or raise MissingExtra that says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        absent = isinstance(error, ModuleNotFoundError) and module.startswith(error.name or "?")
        why = "is not installed" if absent else f"is installed but cannot be loaded: {error}"
        raise MissingExtra(f"{module} {why}", hint=f'pip install "mlwright[{extra}]"') from error
