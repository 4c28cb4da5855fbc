"""Static embeddings from a folder: the contract, the forms of model2vec and sentence-transformers, and the name."""

import asyncio
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from mlwright.kernel.errors import NotFound, ProviderError, UserError
from mlwright.models import FREE, price_of
from mlwright.models.embed.static import Config
from mlwright.testing.embed import check_embedder
from mlwright.testing.embedders import DIMS, write_static_embedder

TEXTS = ["the relief valve is tested", "pump", "an unknown pump", "", "unheard"]


def embedded(texts: list[str], **fields: object) -> np.ndarray:
    return asyncio.run(Config.model_validate(fields).build().embed(texts))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_static_embedder(tmp_path / "small")


@pytest.mark.parametrize("quantised", [False, True])
@pytest.mark.parametrize("table", ["embeddings", "embedding.weight"])
def test_it_keeps_the_contract_of_embedders(table: str, quantised: bool, tmp_path: Path) -> None:
    folder = write_static_embedder(tmp_path / "m", table=table, quantised=quantised)
    asyncio.run(check_embedder(Config(model=str(folder)).build()))


@pytest.mark.parametrize("quantised", [False, True])
@pytest.mark.parametrize(("table", "unknown"), [("embeddings", False), ("embedding.weight", True)])
def test_a_text_is_the_mean_of_its_tokens(table: str, unknown: bool, quantised: bool, tmp_path: Path) -> None:
    folder = write_static_embedder(tmp_path / "m", table=table, quantised=quantised)
    tensors, tokenizer = load_file(folder / "model.safetensors"), Tokenizer.from_file(str(folder / "tokenizer.json"))
    for text, vector in zip(TEXTS, embedded(TEXTS, model=str(folder)), strict=True):
        ids = [token for token in tokenizer.encode(text, add_special_tokens=False).ids if unknown or token != 1]
        rows = tensors[table][tensors["mapping"][ids] if quantised else ids]
        mean = (rows * tensors["weights"][ids, None] if quantised else rows).sum(axis=0)
        expected = mean / np.linalg.norm(mean) if ids else np.eye(DIMS)[0]
        assert np.abs(vector - expected).max() < 1e-6


@pytest.mark.parametrize("kind", [np.float16, np.int8])
def test_short_numbers_are_read_too(kind: type, folder: Path) -> None:
    whole = embedded(TEXTS, model=str(folder))
    table = load_file(folder / "model.safetensors")["embeddings"]
    scaled = table * (127 / np.abs(table).max()) if kind is np.int8 else table
    save_file({"embeddings": scaled.astype(kind)}, folder / "model.safetensors")
    assert (embedded(TEXTS, model=str(folder)) * whole).sum(axis=1).min() > 0.999


def test_the_folder_of_sentence_transformers_is_found(tmp_path: Path) -> None:
    write_static_embedder(tmp_path / "m" / "0_StaticEmbedding", table="embedding.weight")
    part = Config(model=str(tmp_path / "m"))
    assert part.facts().dims == DIMS
    assert part.build().ref != Config(model=str(write_static_embedder(tmp_path / "n"))).build().ref


def test_facts_come_from_the_head_of_the_file(folder: Path) -> None:
    part = Config(model=str(folder))
    facts = part.facts()
    assert (facts.dims, facts.max_tokens, facts.licence, facts.model) == (DIMS, 512, "mit", "small")
    assert facts.embedded and not facts.leaves_machine and price_of(part) == FREE
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "max_length": 77}), encoding="utf-8")
    assert part.facts().max_tokens == part.build().max_tokens == 77
    assert Config(model="models/absent", dims=256).facts().dims == 256
    with pytest.raises(NotFound, match="no model folder"):
        Config(model="models/absent").facts()


def test_the_name_is_that_of_the_content(folder: Path, tmp_path: Path) -> None:
    ref = Config(model=str(folder)).build().ref
    assert ref == Config(model=str(write_static_embedder(tmp_path / "elsewhere"))).build().ref
    pin = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert Config(model=str(folder), sha256=pin).build().ref == ref
    assert Config(model=str(folder), dims=8).build().ref != ref != Config(model=str(folder), max_tokens=9).build().ref
    with pytest.raises(UserError, match=pin):
        Config(model=str(folder), sha256="f" * 64).build()


def test_vectors_are_shortened_where_asked(folder: Path) -> None:
    whole, short = embedded(TEXTS[:2], model=str(folder)), embedded(TEXTS[:2], model=str(folder), dims=8)
    expected = whole[:, :8] / np.linalg.norm(whole[:, :8], axis=1, keepdims=True)
    assert np.abs(short - expected).max() < 1e-6
    with pytest.raises(UserError, match="more than the 32"):
        Config(model=str(folder), dims=64).facts()


def test_another_model_is_refused(folder: Path) -> None:
    save_file({"encoder.weight": np.zeros((2, 2), np.float32)}, folder / "model.safetensors")
    with pytest.raises(UserError, match="no table `embeddings`"):
        Config(model=str(folder)).facts()
    for broken in (b"", b"x" * 40, b"\xff" * 8, (2).to_bytes(8, "little") + b"[]"):
        (folder / "model.safetensors").write_bytes(broken)
        with pytest.raises(UserError, match=r"cannot be read as safetensors|no table"):
            Config(model=str(folder)).build()
    (folder / "model.safetensors").unlink()
    with pytest.raises(NotFound, match=r"no model\.safetensors"):
        Config(model=str(folder)).build()


def test_a_table_of_another_tokenizer_says_so(folder: Path) -> None:
    table = load_file(folder / "model.safetensors")["embeddings"]
    save_file({"embeddings": table[:-3]}, folder / "model.safetensors")
    with pytest.raises(ProviderError, match="rows for the"):
        embedded(["a"], model=str(folder))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(NotFound, match=r"no tokenizer\.json"):
        Config(model=str(folder)).build()
