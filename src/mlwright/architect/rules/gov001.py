"""Somebody has to answer for a system, and a reader has to know what it is for."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    system = context.blueprint.system
    missing = [name for name in ("owner", "purpose", "risk") if getattr(system, name) is None]
    if missing:
        yield Found("system", f"not said: {', '.join(missing)}")


RULE = Rule(
    "GOV001", "warning", "owner, purpose or risk class missing", "EU AI Act, Annex IV (1); NIST AI RMF", _check,
    softens=True,
)  # fmt: skip
