"""The same story on both engines."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from mlwright.evals import EvalExample, EvalResult, EvalSpec, Outcome, Recorder, build_evals
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import Refused
from mlwright.kernel.ids import Ref
from mlwright.kernel.open import open_kernel
from mlwright.testing.postgresql import private_schema

ONE, TWO = Ref("release", "one"), Ref("release", "two")


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kernel]:
    if request.param == "sqlite":
        kernel = open_kernel(tmp_path / "home")
        yield kernel
        kernel.store.close()
        return
    with private_schema(request.getfixturevalue("postgresql_server")) as url:
        kernel = open_kernel(tmp_path / "home", store=url)
        yield kernel
        kernel.store.close()


def test_the_story_of_a_gate(
    either: Kernel, tmp_path: Path, write: Callable[[Sequence[dict[str, object]]], Path], recorded: Recorder
) -> None:
    write([{"id": f"q{n}", "input": f"{n}?", "expected_output": "yes"} for n in range(12)])
    gate = {"set": "golden", "require": {"exact_match": ">= 0.5"}, "max_regression": 0.1}
    spec = EvalSpec.model_validate({"sets": {"golden": {"path": "golden.jsonl"}}, "gates": {"g": gate}})
    evals = build_evals(spec, either, base=tmp_path, record=recorded)

    def go(of: Ref, wrong: int, against: Ref | None = None) -> EvalResult:
        async def target(example: EvalExample) -> Outcome:
            if example.id == "q11":
                raise ValueError("away")
            return Outcome("no\0" if int(example.id[1:]) < wrong else "yes", answer=Ref("answer", example.id))

        return asyncio.run(evals.evaluate("g", target, of, against=against))

    first, second = go(ONE, 0), go(TWO, 3, ONE)
    assert [line.metric for line in second.requirements if not line.passed] == ["errors", "exact_match"]
    assert evals.results(10, "g") == [second, first]
    assert evals.result(first.ref) == first
    examples = evals.examples(second.ref)
    assert (examples[0].output, examples[0].scores["exact_match"]) == ("no\ufffd", 0)
    assert (examples[11].error, examples[11].answer) == ("ValueError: away", None)
    assert len(evals.dataset_at(first.dataset).examples) == 12
    with pytest.raises(Refused):
        evals.require_pass("g", TWO)
    assert evals.report().gates[0].latest == second
