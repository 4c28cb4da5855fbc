"""Every part of every slot, found by its file: a new part is tested without a new test."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from mlwright.kernel.errors import MissingExtra, NotFound
from mlwright.kernel.parts import Part, config_of, names, need
from mlwright.models import EmbedPart
from mlwright.models.embed._minilm_weights import installed
from mlwright.testing.embed import check_embedder
from mlwright.testing.embedders import write_onnx_embedder, write_static_embedder
from mlwright.testing.metric import check_metric
from mlwright.testing.slots import SLOTS

NEEDED: dict[str, dict[str, Any]] = {
    "mlwright.data.sources.files": {"path": "docs/**/*.md"},
    "mlwright.models.chat.openai": {"model": "gpt-4o-mini"},
    "mlwright.models.embed.cohere": {"model": "embed-v4.0"},
    "mlwright.models.embed.onnx": {"model": "models/bge-small", "dims": 384, "max_tokens": 512},
    "mlwright.models.embed.openai": {"model": "text-embedding-3-small"},
    "mlwright.models.embed.sentence_transformers": {"model": "models/bge-small", "dims": 384, "max_tokens": 512},
    "mlwright.models.embed.static": {"model": "models/potion", "dims": 256},
    "mlwright.models.embed.voyage": {"model": "voyage-4"},
    "mlwright.models.rerank.cross_encoder": {"model": "models/cross-encoder"},
    "mlwright.models.rerank.http": {"model": "rerank-v3.5"},
}
"""What must be written for a part that has no defaults for everything."""


def minilm(_: Path) -> Path:
    """The files of all-MiniLM-L6-v2, which a wheel of the development environment brings."""
    found = installed()
    assert found
    return found


WRITTEN: dict[str, Callable[[Path], Path]] = {
    "mlwright.models.embed.onnx": write_onnx_embedder,
    "mlwright.models.embed.sentence_transformers": minilm,
    "mlwright.models.embed.static": write_static_embedder,
}
"""Models that a part reads from a folder."""
ENGINES = {"mlwright.models.embed.sentence_transformers": "sentence_transformers"}
"""Parts whose package is too heavy for the development environment: without it they say how to install it."""


def every(slot: str) -> list[Any]:
    return [pytest.param(config_of(slot, name), id=f"{slot.removeprefix('mlwright.')}.{name}") for name in names(slot)]


def minimal(config: type[Part]) -> Part:
    name = config.__module__.rpartition(".")[2]
    return config.model_validate({"use": name, **NEEDED.get(config.__module__, {})})


@pytest.mark.parametrize("config", [part for slot in SLOTS for part in every(slot)])
def test_a_part_says_what_it_is(config: type[Part]) -> None:
    part = minimal(config)
    assert sys.modules[config.__module__].__doc__, "the file has no docstring"
    assert config.model_validate(part.model_dump()) == part, "what is written back is read alike"
    assert part.facts().provider
    assert config.model_json_schema()["properties"]["use"], "the schema names it"


@pytest.mark.parametrize("slot", SLOTS)
def test_an_unknown_part_names_the_choices(slot: str) -> None:
    with pytest.raises(NotFound) as error:
        config_of(slot, "nonesuch")
    assert all(name in error.value.hint for name in names(slot))


@pytest.mark.parametrize("config", every("mlwright.evals.metrics"))
def test_metric(config: type[Part]) -> None:
    check_metric(minimal(config))  # type: ignore[arg-type]


@pytest.mark.parametrize("config", every("mlwright.models.embed"))
def test_embedder(config: type[Part], tmp_path: Path) -> None:
    part = minimal(config)
    if config.__module__ in WRITTEN:
        part = config.model_validate({"use": part.use, "model": str(WRITTEN[config.__module__](tmp_path))})
    assert isinstance(part, EmbedPart)
    if config.__module__ in ENGINES and find_spec(ENGINES[config.__module__]) is None:
        with pytest.raises(MissingExtra):
            part.build()
    elif part.facts().embedded:
        asyncio.run(check_embedder(part.build(), tolerance=1e-5))
    else:
        assert part.facts().leaves_machine, "the loopback server of tests/models speaks for it"


def test_a_missing_package_says_what_to_install() -> None:
    with pytest.raises(MissingExtra) as error:
        need("no_such_package_of_mlwright", "local")
    assert error.value.hint == 'pip install "mlwright[local]"'


def test_a_part_of_another_package_is_used_like_our_own(tmp_path: Path) -> None:
    """The metric of docs/extend.md as an installed package: found by its entry point, named in a gate with its depth."""
    written = (Path(__file__).parent.parent / "docs" / "extend.md").read_text(encoding="utf-8")
    (tmp_path / "acme_metrics.py").write_text(written.split("```python\n")[1].split("```")[0], encoding="utf-8")
    info = tmp_path / "acme_metrics-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-metrics\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[mlwright.evals.metrics]\nshort = acme_metrics\n", encoding="utf-8")
    code = (
        "from mlwright.evals import EvalExample, Outcome, metric_named\n"
        "from mlwright.kernel.parts import names\n"
        "metric = metric_named('short@2')\n"
        "print([metric.score(EvalExample('x', 'why?'), Outcome(text)) for text in ('one two', 'one two three')])\n"
        "print('short' in names('mlwright.evals.metrics'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
    )
    assert done.stdout.split("\n")[:2] == ["[1.0, 0.0]", "True"]
