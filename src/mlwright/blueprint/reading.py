"""Text to a tree of values with places. Nothing is constructed but null, bool, int, float, text, lists and mappings."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from mlwright.blueprint.nodes import Node, Place, Scalar, Sequence, Table
from mlwright.blueprint.scalars import Value, meaning
from mlwright.kernel.errors import UserError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 40
_TAGS = {f"tag:yaml.org,2002:{name}": name for name in ("null", "bool", "int", "float", "str", "seq", "map")}
_READS: dict[str, tuple[type, ...]] = {
    "null": (type(None),), "bool": (bool,), "int": (int,), "float": (float, int),
}  # fmt: skip


def read_bytes(data: bytes, file: str) -> Node:
    """Read a file's bytes: UTF-8, at most MAX_BYTES. `file` is how messages call it. Raises UserError."""
    if len(data) > MAX_BYTES:
        raise UserError(
            f"{file}: {len(data):,} bytes, and a blueprint has at most {MAX_BYTES:,}",
            hint="prompts, contracts and eval sets belong into files beside it",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        place = Place(file, before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1)
        raise UserError(
            f"{place}: byte 0x{data[error.start]:02x} is not UTF-8", hint="save the file as UTF-8"
        ) from error
    return read_text(text, file)


def read_text(text: str, file: str) -> Node:
    """Read one YAML document. Raises UserError that begins with `file:line:column`."""
    builder = _Builder(file)
    try:
        for event in _events(text):
            builder.take(event)
    except ReaderError as error:
        raise _control_character(text, file) from error
    except MarkedYAMLError as error:
        raise _broken(error, file) from error
    except YAMLError as error:
        raise UserError(f"{file}: {error}", hint="the file is not YAML 1.2") from error
    if builder.root is None:
        raise UserError(f"{file}: the file is empty", hint="`mlwright up PATH` writes a first blueprint for a folder")
    return builder.root


def _events(text: str) -> Iterator[Any]:
    yield from YAML(typ="safe", pure=True).parse(text)


def _broken(error: MarkedYAMLError, file: str) -> UserError:
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    problem = (error.problem or error.context or "cannot be read").strip()
    if "'\\t'" in problem:
        return UserError(f"{place}: a tab stands where YAML wants spaces", hint="indent with spaces")
    hints = {
        "mapping values are not allowed": "a value that holds ': ' needs quotes; keys stand in one column",
        "could not find expected ':'": "a key needs ': ' (with a space) after it; look at the line before, too",
        "found undefined alias": "an alias *name must follow its anchor &name",
        "expected <block end>": "look at the indentation: keys of one mapping start in one column",
        "cannot start any token": "a text that starts with a special character needs quotes",
        "expected ',' or": "a bracket is not closed, or a comma is missing",
    }
    hint = next((text for words, text in hints.items() if words in problem), "look at indentation, quotes and brackets")
    return UserError(f"{place}: {problem}", hint=hint)


def _control_character(text: str, file: str) -> UserError:
    allowed = "\t\n\r\x85"
    for at, character in enumerate(text):
        code = ord(character)
        bad = code < 0x20 or 0x7F <= code <= 0x9F or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF)
        if bad and character not in allowed:
            place = Place(file, text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1)
            return UserError(f"{place}: the character U+{code:04X} is not allowed in YAML", hint="remove it")
    return UserError(f"{file}: a character is not allowed in YAML", hint="save the file as plain UTF-8 text")


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being filled; `key` is the key that waits for its value."""

    node: Sequence | Table
    key: tuple[str, Place] | None = None


@dataclass(slots=True)
class _Builder:
    """Turns parser events to nodes on a stack of its own, so that deep nesting cannot exhaust Python's."""

    file: str
    root: Node | None = None
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    documents: int = 0

    def take(self, event: Any) -> None:
        place = Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case DocumentStartEvent():
                self._start_document(event, place)
            case DocumentEndEvent():
                self.anchors.clear()
            case ScalarEvent():
                self._put(self._scalar(event, place), event.anchor)
            case SequenceStartEvent() | MappingStartEvent():
                self._open(event, place)
            case SequenceEndEvent() | MappingEndEvent():
                self.stack.pop()
            case AliasEvent():
                self._put(self.anchors[event.anchor] if event.anchor in self.anchors else self._unknown(event, place))

    def _start_document(self, event: Any, place: Place) -> None:
        self.documents += 1
        if self.documents > 1:
            raise UserError(f"{place}: a second document starts here", hint="remove the line ---")
        if event.version is not None and tuple(event.version) != (1, 2):
            raise UserError(f"{place}: a blueprint is read as YAML 1.2", hint="remove the %YAML line")

    def _unknown(self, event: Any, place: Place) -> Node:
        raise UserError(f"{place}: no anchor &{event.anchor} stands before this", hint="write &name before *name")

    def _open(self, event: Any, place: Place) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise UserError(f"{place}: nested deeper than {MAX_DEPTH} levels", hint="no section is that deep")
        kind = _tag(event.tag, place)
        node = Sequence(place) if isinstance(event, SequenceStartEvent) else Table(place)
        if kind not in (None, "seq" if isinstance(node, Sequence) else "map"):
            raise UserError(f"{place}: the tag !!{kind} does not fit here", hint="remove the tag")
        self._put(node, event.anchor)
        self.stack.append(_Open(node))

    def _put(self, node: Node, anchor: str | None = None) -> None:
        if anchor:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node, Sequence):
            top.node.items.append(node)
        elif top.key is None:
            top.key = self._key(top.node, node)
        else:
            key, place = top.key
            top.node.items[key], top.node.keys[key], top.key = node, place, None

    def _key(self, table: Table, node: Node) -> tuple[str, Place]:
        if not isinstance(node, Scalar):
            raise UserError(f"{node.place}: a key must be a word", hint="a text with brackets or braces needs quotes")
        if node.text == "<<" and node.plain:
            raise UserError(f"{node.place}: merge keys (<<) are not part of YAML 1.2", hint="write the keys out")
        if node.text in table.keys:
            raise UserError(
                f"{node.place}: the key {node.text!r} stands here twice (first at line {table.keys[node.text].line})",
                hint="keep one of them",
            )
        return node.text, node.place

    def _scalar(self, event: Any, place: Place) -> Scalar:
        plain = event.style is None or event.style == ""
        kind = _tag(event.tag, place)
        if kind is None:
            return Scalar(place, meaning(event.value) if plain else event.value, event.value, plain)
        return Scalar(place, _tagged(kind, event.value, place), event.value, False)


def _tag(tag: Any, place: Place) -> str | None:
    if tag is None or str(tag) == "!":
        return None
    if str(tag) not in _TAGS:
        raise UserError(f"{place}: the tag {tag} is not known here", hint="a blueprint needs no tags")
    return _TAGS[str(tag)]


def _tagged(kind: str, text: str, place: Place) -> Value:
    if kind == "str":
        return text
    value = meaning(text)
    if kind not in _READS or not isinstance(value, _READS[kind]) or (kind != "bool" and isinstance(value, bool)):
        raise UserError(f"{place}: {text!r} is not of the type !!{kind}", hint="remove the tag")
    return float(value) if kind == "float" and isinstance(value, int) else value
