"""A workspace, a set beside its blueprint, evals over both, and published figures where they lie."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from mlwright.evals import Evals, EvalSpec, build_evals
from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import MissingExtra
from mlwright.kernel.ids import Ref, new_ref
from mlwright.kernel.open import open_kernel
from mlwright.testing.postgresql import private_postgresql

Line = dict[str, object]


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Published figures, which are not part of the repository (MLWRIGHT_VECTORS, else beside the checkout)."""
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("MLWRIGHT_VECTORS") or root.parent / "shared" / "vectors")
    if not folder.is_dir():
        pytest.skip(f"no published figures at {folder}; set MLWRIGHT_VECTORS")
    return folder


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def kernel(tmp_path: Path, clock: ManualClock) -> Iterator[Kernel]:
    kernel = open_kernel(tmp_path / "home", clock=clock)
    yield kernel
    kernel.store.close()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Sequence[Line]], Path]:
    """Write the set `golden.jsonl`."""

    def lines(some: Sequence[Line]) -> Path:
        (tmp_path / "golden.jsonl").write_text("".join(json.dumps(line) + "\n" for line in some), encoding="utf-8")
        return tmp_path / "golden.jsonl"

    return lines


class Recorded:
    """A recorder that keeps what it was told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], dict[str, float], list[Ref], Ref]] = []

    def __call__(
        self, name: str, params: dict[str, str], metrics: dict[str, float], uses: Sequence[Ref], made: Ref
    ) -> Ref:
        self.calls.append((name, params, metrics, list(uses), made))
        return new_ref("run")


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@pytest.fixture
def over(kernel: Kernel, tmp_path: Path, recorded: Recorded) -> Callable[..., Evals]:
    """Evals with one gate, `support`, over the set `golden`."""

    def build(require: dict[str, str], *, min_cases: int = 0, **gate: object) -> Evals:
        spec = EvalSpec.model_validate(
            {
                "sets": {"golden": {"path": "golden.jsonl", "min_cases": min_cases}},
                "gates": {"support": {"set": "golden", "require": require, **gate}},
            }
        )
        return build_evals(spec, kernel, base=tmp_path, record=recorded)

    return build


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    try:
        with private_postgresql() as url:
            yield url
    except MissingExtra as error:
        pytest.skip(str(error))
