"""Choices: values of a blueprint, each with its reason, and the file that they make together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlwright.kernel.errors import UserError

WIDTH = 116
_SECTIONS = ("version", "system", "models", "data", "rag", "evals", "serving")


@dataclass(frozen=True, slots=True)
class Choice:
    """One value, written as in the file (`240`, `[1%, 100%]`), and why; nothing where it needs no reason."""

    path: str
    value: str
    why: str = ""


_Tree = dict[str, "_Tree | Choice"]


class Draft:
    """The choices so far. The latest one of a path stands, in the place of the first."""

    def __init__(self, choices: Iterable[Choice] = ()) -> None:
        self._by_path: dict[str, Choice] = {}
        for choice in choices:
            self.take(choice)

    def take(self, choice: Choice) -> None:
        """Choose a value; what was chosen below it goes."""
        self.drop(choice.path, itself=False)
        self._by_path[choice.path] = choice

    def drop(self, path: str, *, itself: bool = True) -> None:
        """Let a value go, and everything below it."""
        for known in [one for one in self._by_path if one.startswith(f"{path}.") or (itself and one == path)]:
            del self._by_path[known]

    def copy(self) -> "Draft":
        return Draft(self)

    def has(self, path: str) -> bool:
        """Whether a value stands at the path or below it."""
        return any(one == path or one.startswith(f"{path}.") for one in self._by_path)

    def __iter__(self) -> Iterator[Choice]:
        return iter(self._by_path.values())

    def text(self, opening: str) -> str:
        """The blueprint, each reason above what it is about. Values that share one reason stand on one line."""
        tree = self._tree()
        sections = [name for name in _SECTIONS if name in tree] + [name for name in tree if name not in _SECTIONS]
        lines = [f"# {opening}"]
        for name in sections:
            lines += [*([""] if name not in ("version", "system") else []), *_lines(name, tree[name], 0)]
        return "\n".join(lines) + "\n"

    def _tree(self) -> _Tree:
        root: _Tree = {}
        for choice in self:
            *above, last = choice.path.split(".")
            at = root
            for step in above:
                inner = at.setdefault(step, {})
                if isinstance(inner, Choice):
                    raise UserError(f"{choice.path} leads into {inner.path}, which is a plain value")
                at = inner
            at[last] = choice
        return root


def _lines(key: str, node: "_Tree | Choice", indent: int, told: str = "") -> Iterator[str]:
    """`told` is the reason that stands above already."""
    space, why = " " * indent, _shared(node)
    flow = f"{space}{key}: {_flow(node)}"
    if isinstance(node, Choice) or (why is not None and len(flow) <= WIDTH and (indent >= 4 or _shallow(node))):
        yield from _comment("" if why == told else why or "", space)
        yield flow
        return
    if why is not None and why != told and (len(node) > 1 or _shallow(node)):
        yield from _comment(why, space)
        told = why
    yield f"{space}{key}:"
    for name, inner in node.items():
        yield from _lines(name, inner, indent + 2, told)
        told = _shared(inner) or told


def _shared(node: "_Tree | Choice") -> str | None:
    """The one reason of all values; None where they have several."""
    reasons = {choice.why for choice in _leaves(node)}
    return reasons.pop() if len(reasons) == 1 else None


def _shallow(node: _Tree) -> bool:
    return all(isinstance(inner, Choice) for inner in node.values())


def _leaves(node: "_Tree | Choice") -> Iterator[Choice]:
    if isinstance(node, Choice):
        yield node
    else:
        for inner in node.values():
            yield from _leaves(inner)


def _flow(node: "_Tree | Choice") -> str:
    if isinstance(node, Choice):
        return node.value
    return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in node.items()) + "}"


def _comment(why: str, space: str) -> Iterator[str]:
    """The reason as comments that fit the width."""
    line, first = "", True
    for word in f"why: {' '.join(why.split())}".split(" ") if why else ():
        if line and len(space) + len(line) + len(word) + 4 > WIDTH:
            yield f"{space}# {line}"
            line, first = "", False
        line = f"{line} {word}" if line else (word if first else f"  {word}")
    if line:
        yield f"{space}# {line}"
