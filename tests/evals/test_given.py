"""Answers that another system gave are read strictly and looked up by the example."""

import asyncio
from pathlib import Path

import pytest

from mlwright.evals import EvalExample, read_given
from mlwright.kernel.errors import NotFound, Unreadable

ANSWERS = """\
{"id": "a", "output": "With pip.", "retrieved": [{"document": "i.md", "text": "Use  pip\\ninstall."}], "cited": [{"document": "i.md", "quote": "pip install"}, {"document": "o.md", "quote": "pip"}], "cost": 0.1, "seconds": 2}
{"id": "b", "output": "", "abstained": true}
"""


def test_answers_become_outcomes(tmp_path: Path) -> None:
    (tmp_path / "answers.jsonl").write_text(ANSWERS, encoding="utf-8")
    given = read_given(tmp_path / "answers.jsonl")
    one = asyncio.run(given(EvalExample("a", "How?")))
    assert [cited.resolves for cited in one.cited] == [True, False]
    assert (one.cost, one.seconds, one.output) == (0.1, {"total": 2.0}, "With pip.")
    assert asyncio.run(given(EvalExample("b", "?"))).abstained
    with pytest.raises(NotFound, match="no answer to example 'c'"):
        asyncio.run(given(EvalExample("c", "?")))
    assert given.ref.kind == "answers"
    (tmp_path / "answers.jsonl").write_text(ANSWERS.replace("With", "By"), encoding="utf-8")
    assert read_given(tmp_path / "answers.jsonl").ref != given.ref


def test_wrong_lines_are_told_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text('{"id": "a", "output": "x", "score": 1}\n{"id": "a", "output": 3}\n', encoding="utf-8")
    with pytest.raises(Unreadable) as told:
        read_given(file)
    assert f"{file}:1: score" in told.value.message
    assert f"{file}:2: output" in told.value.message
    with pytest.raises(NotFound, match="the file of answers should be in"):
        read_given(tmp_path / "none.jsonl")
