"""Models of sentence-transformers: what is decided before torch is loaded; with torch, the vectors as well."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from pydantic import ValidationError

from mlwright.kernel.errors import MissingExtra, UserError
from mlwright.models import FREE, Embedder, price_of
from mlwright.models.embed._folder import ModelFolder, refuse_pickle
from mlwright.models.embed.sentence_transformers import Config
from mlwright.testing.embedders import DIMS, write_onnx_embedder

HERE = find_spec("sentence_transformers") is not None


def built(**fields: object) -> Embedder | None:
    """None without the package, which then has said how to install it."""
    part = Config.model_validate(fields)
    if HERE:
        return part.build()
    with pytest.raises(MissingExtra) as raised:
        part.build()
    assert raised.value.hint == 'pip install "mlwright[sentence-transformers]"'
    return None


def test_facts_need_no_torch(tmp_path: Path) -> None:
    part = Config(model=str(write_onnx_embedder(tmp_path / "small", prompts={"document": "passage: "})))
    facts = part.facts()
    assert (facts.dims, facts.max_tokens, facts.model, facts.licence) == (DIMS, 59, "small", "apache-2.0")
    assert facts.embedded and not facts.leaves_machine and price_of(part) == FREE
    named = Config(model="BAAI/bge-m3", revision="a" * 40, dims=1024, max_tokens=8192).facts()
    assert (named.dims, named.max_tokens, named.model) == (1024, 8190, "BAAI/bge-m3")
    with pytest.raises(UserError, match="do not say its dims"):
        Config(model="BAAI/bge-m3").facts()


def test_a_package_that_is_absent_says_what_to_install(tmp_path: Path) -> None:
    built(model=str(write_onnx_embedder(tmp_path / "small")))


def test_a_published_model_is_pinned() -> None:
    with pytest.raises(ValidationError, match="String should match pattern"):
        Config(model="BAAI/bge-m3", revision="main")
    if HERE:
        with pytest.raises(UserError, match="has no revision"):
            Config(model="BAAI/bge-m3", dims=1024, max_tokens=8192).build()


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    folder = write_onnx_embedder(tmp_path / "m", dense=8)
    refuse_pickle(ModelFolder.of(folder))
    (folder / "2_Dense" / "model.safetensors").rename(folder / "2_Dense" / "pytorch_model.bin")
    with pytest.raises(UserError, match="is a pickle"):
        refuse_pickle(ModelFolder.of(folder))
