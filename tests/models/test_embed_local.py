"""MiniLM on this machine: the contract, golden vectors, the cache, and where weights come from."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from mlwright.kernel.errors import NotFound, ProviderError, UserError
from mlwright.models import FREE, Embedder, price_of
from mlwright.models.embed._minilm_cache import cache_folder, graph_folder
from mlwright.models.embed._minilm_weights import PINNED, Weights
from mlwright.models.embed._word_ends import WordEnds
from mlwright.models.embed.local import Config
from mlwright.testing.embed import check_embedder

GOLDEN = {
    "How do I rotate a key?": [0.01505, 0.02256, -0.10351, -0.03578, -0.08798, 0.04872],
    "": [-0.11884, 0.0483, -0.00255, -0.01101, 0.05195, 0.01029],
    "Hello wörld, 你好 unbelievable": [-0.04639, -0.0019, 0.05675, -0.01263, -0.00222, -0.13603],
    "x " * 400: [-0.00206, -0.03747, -0.03149, -0.04256, -0.10017, -0.08265],
}
"""The first six numbers of each vector from sentence-transformers 6.2.0 on torch 2.13.0 (CPU), the same weights,
max_seq_length 256, normalize_embeddings=True."""


@pytest.fixture(scope="module")
def int8() -> Embedder:
    return Config().build()


@pytest.fixture(scope="module")
def fp32() -> Embedder:
    return Config(precision="fp32").build()


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Weights.of(None).fetch(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def whole(weights: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_it_keeps_the_contract_of_embedders(precision: str, request: pytest.FixtureRequest) -> None:
    asyncio.run(check_embedder(request.getfixturevalue(precision)))


def test_fp32_gives_the_vectors_of_the_original(fp32: Embedder) -> None:
    vectors = asyncio.run(fp32.embed(list(GOLDEN)))
    assert np.abs(vectors[:, :6] - np.array(list(GOLDEN.values()))).max() < 2e-5


def test_int8_is_near_fp32(int8: Embedder, fp32: Embedder) -> None:
    texts = [*GOLDEN, "The lighthouse was built in 1874.", "Boats leave the harbour at nine in the morning."]
    cosines = (asyncio.run(int8.embed(texts)) * asyncio.run(fp32.embed(texts))).sum(axis=1)
    assert cosines.min() > 0.97
    assert cosines.mean() > 0.985


def test_refs_name_weights_and_precision(int8: Embedder, fp32: Embedder) -> None:
    assert str(int8.ref) == "model:local/minilm@53aa51172d14-int8"
    assert str(fp32.ref) == "model:local/minilm@53aa51172d14-fp32"


def test_facts() -> None:
    facts = Config().facts()
    assert (facts.dims, facts.max_tokens, facts.embedded, facts.leaves_machine) == (384, 254, True, False)
    assert price_of(Config()) == FREE


def test_tokens_end_where_words_do(int8: Embedder) -> None:
    text = "Hello wörld, 你好 unbelievable"
    ends = list(int8.token_ends(text))
    assert [text[:end] for end in ends[:3]] == ["Hello", "Hello wörld", "Hello wörld,"]
    assert len(int8.token_ends("word " * 1000)) == 1000


LETTERS = st.sampled_from("aBz09 .,_-'\t\n\r\x00\x0b\x85\u2028\u00a0\u0301éßΣ你ﬁ\U0001f600[]") | st.characters(
    exclude_categories=["Cs"]
)


@given(text=st.text(LETTERS, max_size=80))
@example(text="special ones like [SEP] and [MASK][CLS] and [ SEP ]")
@example(text="x" * 300 + " " + "y" * 64)
def test_tokens_word_by_word_are_those_of_the_whole_text(whole: Tokenizer, text: str) -> None:
    ends = [end for _, end in whole.encode(text, add_special_tokens=False).offsets]
    assert WordEnds(whole).of(text) == ends


def test_a_folder_of_the_user_has_its_own_name(weights: Path, tmp_path: Path) -> None:
    assert Weights.of(str(weights)).revision == PINNED["model.safetensors"][:12]
    (tmp_path / "model.safetensors").symlink_to(weights / "model.safetensors")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    assert Weights.of(str(tmp_path)).revision != PINNED["model.safetensors"][:12]


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no model\.safetensors and no tokenizer\.json"):
        Config(weights=str(tmp_path)).build()


def test_weights_of_another_model_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from safetensors.numpy import save_file

    monkeypatch.setenv("MLWRIGHT_CACHE", str(tmp_path / "cache"))
    save_file({"embeddings": np.zeros(3, np.float32)}, tmp_path / "model.safetensors")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    model = Config(weights=str(tmp_path)).build()
    with pytest.raises(ProviderError, match="is not all-MiniLM-L6-v2"):
        asyncio.run(model.embed(["a"]))
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_broken_cache_says_what_to_delete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLWRIGHT_CACHE", str(tmp_path))
    folder = tmp_path / "minilm-53aa51172d14-int8-1"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"half")
    with pytest.raises(ProviderError) as raised:
        Config().build().token_ends("a")
    assert f"delete {folder}" in raised.value.hint


def test_a_cache_that_cannot_be_written_is_named(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("MLWRIGHT_CACHE", str(tmp_path / "file"))
    with pytest.raises(UserError, match="cannot be written") as raised:
        graph_folder(Weights.of(str(weights)), "int8")
    assert "MLWRIGHT_CACHE" in raised.value.hint


def test_two_processes_may_build_at_once(weights: Path, tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from mlwright.models.embed.local import Config;"
        "v = asyncio.run(Config(weights=sys.argv[1]).build().embed(['hello']));"
        "sys.stdout.write(v.tobytes().hex())"
    )
    env = {**os.environ, "MLWRIGHT_CACHE": str(tmp_path)}
    both = [
        subprocess.Popen([sys.executable, "-c", code, str(weights)], stdout=subprocess.PIPE, env=env, text=True)
        for _ in range(2)
    ]
    first, second = (process.communicate(timeout=300)[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert first == second != ""
    assert [path.name for path in tmp_path.iterdir()] == ["minilm-53aa51172d14-int8-1"]


def test_the_cache_lies_where_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLWRIGHT_CACHE", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here"
    monkeypatch.delenv("MLWRIGHT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform.startswith("linux"):
        assert cache_folder() == tmp_path / "mlwright"


def test_reading_the_configuration_loads_nothing_heavy() -> None:
    code = (
        "import sys; from mlwright.models import ModelsSpec;"
        "ModelsSpec.model_validate({'embed': {'a': 'local/minilm', 'b': 'hashing',"
        " 'c': 'openai/text-embedding-3-small'}, 'chat': {'d': 'extractive', 'e': 'openai/gpt-4o-mini'}});"
        "heavy = {'numpy', 'onnxruntime', 'onnx', 'tokenizers', 'aiohttp'} & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
