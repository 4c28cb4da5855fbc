"""The port of a rule: one file that looks at a blueprint and says what is wrong with it, with numbers.

A rule's file is named like its id and holds `RULE = Rule(…)`; its docstring says why the rule exists.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from mlwright.architect.context import Context
from mlwright.architect.findings import Severity
from mlwright.blueprint import Edit


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a rule saw. `severity` is set where this case is better or worse than the rule's own."""

    path: str
    evidence: str
    fix: tuple[Edit, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Contract: `check` reads, decides and yields; it builds nothing, calls nobody and repeats no secret."""

    id: str
    severity: Severity
    title: str
    source: str
    check: Callable[[Context], Iterator[Found]]


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of the folder, by id."""
    files = sorted(file.name for file in pkgutil.iter_modules(__path__) if not file.name.startswith("_"))
    found: list[Rule] = [importlib.import_module(f"{__name__}.{name}").RULE for name in files]
    return tuple(found)
