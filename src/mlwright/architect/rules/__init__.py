"""The port of a rule: one file that looks at a system and says what is wrong with it, with numbers.

A rule's file is named like its id and holds `RULE = Rule(…)`; its docstring says why the rule exists.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Literal

from mlwright.architect.context import Context
from mlwright.architect.findings import Severity
from mlwright.blueprint import Edit

Reads = Literal["file", "records"]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a rule saw. `severity` is set where this case is better or worse than the rule's own."""

    path: str
    evidence: str
    fix: tuple[Edit, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Contract: `check` reads, decides and yields; it builds nothing, calls nobody and repeats no secret.

    A rule that reads `records` is asked only where there is a workspace, and may then read the file as well. One that
    `softens` is about how a system is run, not whether it works: it counts one step less where the risk is minimal."""

    id: str
    severity: Severity
    title: str
    source: str
    check: Callable[[Context], Iterator[Found]]
    reads: Reads = "file"
    softens: bool = False


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of the folder, by id."""
    files = sorted(file.name for file in pkgutil.iter_modules(__path__) if not file.name.startswith("_"))
    found: list[Rule] = [importlib.import_module(f"{__name__}.{name}").RULE for name in files]
    return tuple(found)


def nearest_rule(name: str) -> str:
    """`did you mean RAG004?`, or all of them where none is near."""
    close = get_close_matches(name.upper(), [rule.id for rule in rules()], n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"the rules are {', '.join(rule.id for rule in rules())}"
