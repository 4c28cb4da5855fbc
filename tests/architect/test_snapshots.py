"""What check, plan and draw say of the examples, word for word; MLWRIGHT_SNAPSHOTS=write writes it anew."""

import json
import os
from datetime import date
from pathlib import Path

import pytest

from mlwright.architect import all_views, check, draw, plan, plan_markdown, to_json
from mlwright.blueprint import load

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOTS = ROOT / "tests" / "snapshots"


def said(name: str, kind: str) -> str:
    blueprint = load(ROOT / "examples" / "blueprints" / f"{name}.yaml", secrets=False)
    match kind:
        case "check.json":
            return json.dumps(to_json(check(blueprint, today=date(2026, 11, 23))), indent=1, ensure_ascii=False) + "\n"
        case "plan.md":
            return plan_markdown(plan(blueprint, today=date(2026, 11, 23), results={}))
        case "overview.svg":
            return draw(blueprint, form="svg")
        case "resolved.yaml":
            return blueprint.resolved()
        case drawn:
            view, _, ending = drawn.partition(".")
            return draw(blueprint, view, "mermaid" if ending == "mmd" else "text")


KINDS = [
    *("check.json", "plan.md", "resolved.yaml", "overview.svg"),
    *(f"{view.name}.{ending}" for view in all_views() for ending in ("mmd", "txt")),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["minimal", "support", "whole", "sins"])
def test_the_examples_say_what_they_said(name: str, kind: str) -> None:
    file = SNAPSHOTS / f"{name}.{kind}"
    now = said(name, kind)
    if os.environ.get("MLWRIGHT_SNAPSHOTS") == "write":
        file.write_text(now, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == now
