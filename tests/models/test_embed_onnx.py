"""Any ONNX embedding model of a folder: what its files say, its vectors against ours by hand, and its name."""

import asyncio
import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnxruntime import get_available_providers
from onnxruntime.quantization import QuantType, quantize_dynamic
from pydantic import ValidationError
from safetensors.numpy import load_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from mlwright.kernel.errors import MissingExtra, NotFound, ProviderError, UserError
from mlwright.models import FREE, price_of
from mlwright.models.embed._onnx import Graph, run, runs_of
from mlwright.models.embed._tokens import Tokens
from mlwright.models.embed.local import Config as Local
from mlwright.models.embed.onnx import Config
from mlwright.models.onnx_session import CUDA
from mlwright.testing.embed import check_embedder
from mlwright.testing.embedders import DIMS, write_onnx_embedder

TEXTS = ["the relief valve is tested", "pump", "water: is the pump tested? the cat sat on the mat.", ""]


def embedded(texts: list[str], kind: str = "document", **fields: object) -> np.ndarray:
    return asyncio.run(Config.model_validate(fields).build().embed(texts, kind))  # type: ignore[arg-type]


def rewritten(file: Path, **fields: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **fields}), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_onnx_embedder(tmp_path / "small")


def by_hand(folder: Path, text: str, pooling: str) -> np.ndarray:
    """The vector of a text as the docstring of the small model says, of unit length."""
    graph = onnx.load(folder / "model.onnx").graph
    table = next(onnx.numpy_helper.to_array(one) for one in graph.initializer if one.name == "table")
    words = table[Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text).ids]
    tokens = words + 0.1 * words.mean(axis=0)
    vector = {"mean": tokens.mean(axis=0), "cls": tokens[0], "last": tokens[-1]}[pooling]
    return vector / np.linalg.norm(vector)


def test_it_keeps_the_contract_of_embedders(folder: Path) -> None:
    asyncio.run(check_embedder(Config(model=str(folder)).build(), tolerance=1e-6))


@pytest.mark.parametrize(("mode", "pooling"), [("mean_tokens", "mean"), ("cls_token", "cls"), ("lasttoken", "last")])
def test_tokens_are_pooled_as_the_folder_says(mode: str, pooling: str, tmp_path: Path) -> None:
    folder = write_onnx_embedder(tmp_path / "m", pooling=mode)
    expected = [by_hand(folder, text, pooling) for text in TEXTS]
    assert np.abs(embedded(TEXTS, model=str(folder)) - expected).max() < 1e-6
    (folder / "1_Pooling" / "config.json").unlink()
    assert np.abs(embedded(TEXTS, model=str(folder), dims=DIMS, pooling=pooling) - expected).max() < 1e-6


def test_the_newer_form_of_pooling_is_read_too(folder: Path) -> None:
    said = {"embedding_dimension": DIMS, "pooling_mode": "cls", "include_prompt": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(said), encoding="utf-8")
    assert np.abs(embedded(TEXTS, model=str(folder))[0] - by_hand(folder, TEXTS[0], "cls")).max() < 1e-6


@pytest.mark.parametrize(
    "said", [{"pooling_mode": "max"}, {"pooling_mode": ["mean", "cls"]}, {"include_prompt": False}]
)
def test_another_pooling_is_refused(said: dict[str, object], folder: Path) -> None:
    rewritten(folder / "1_Pooling" / "config.json", **said)
    with pytest.raises(UserError, match="pools by") as raised:
        Config(model=str(folder)).build()
    assert "sentence_transformers" in raised.value.hint


def test_a_dense_layer_follows(tmp_path: Path) -> None:
    folder = write_onnx_embedder(tmp_path / "m", dense=8)
    layer = load_file(folder / "2_Dense" / "model.safetensors")
    vectors = embedded(TEXTS, model=str(folder))
    graph = onnx.load(folder / "model.onnx").graph
    table = next(onnx.numpy_helper.to_array(one) for one in graph.initializer if one.name == "table")
    for text, vector in zip(TEXTS, vectors, strict=True):
        words = table[Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text).ids]
        by_us = np.tanh(layer["linear.weight"] @ (1.1 * words.mean(axis=0)) + layer["linear.bias"])
        assert np.abs(vector - by_us / np.linalg.norm(by_us)).max() < 1e-6
    assert Config(model=str(folder)).facts().dims == 8
    asyncio.run(check_embedder(Config(model=str(folder)).build(), tolerance=1e-6))


@pytest.mark.parametrize(
    ("said", "words"),
    [({"activation_function": "torch.nn.modules.activation.GELU"}, "GELU"), ({"use_residual": True}, "residual")],
)
def test_another_layer_is_refused(said: dict[str, object], words: str, tmp_path: Path) -> None:
    folder = write_onnx_embedder(tmp_path / "m", dense=8)
    rewritten(folder / "2_Dense" / "config.json", **said)
    with pytest.raises(UserError, match=words):
        Config(model=str(folder)).build()


def test_weights_that_may_hold_code_are_not_read(tmp_path: Path) -> None:
    folder = write_onnx_embedder(tmp_path / "m", dense=8)
    (folder / "2_Dense" / "model.safetensors").rename(folder / "2_Dense" / "pytorch_model.bin")
    with pytest.raises(NotFound, match=r"no model\.safetensors"):
        Config(model=str(folder)).build()


def test_a_graph_that_pools_is_taken_at_its_word(tmp_path: Path) -> None:
    outputs = ("last_hidden_state", "sentence_embedding")
    folder = write_onnx_embedder(tmp_path / "m", pooling="cls_token", outputs=outputs)
    expected = [by_hand(folder, text, "mean") for text in TEXTS]
    assert np.abs(embedded(TEXTS, model=str(folder)) - expected).max() < 1e-6


def test_prompts_stand_before_texts(tmp_path: Path) -> None:
    prompts = {"query": "query: ", "passage": "passage: "}
    folder = str(write_onnx_embedder(tmp_path / "m", prompts=prompts))
    plain = {"model": folder, "prefixes": {"query": "", "document": ""}}
    assert np.array_equal(
        embedded(["the pump"], "query", model=folder), embedded(["query: the pump"], "query", **plain)
    )
    assert np.array_equal(embedded(["the pump"], model=folder), embedded(["passage: the pump"], **plain))
    half = {"model": folder, "prefixes": {"query": "valve: "}}
    assert np.array_equal(embedded(["a"], "query", **half), embedded(["valve: a"], "query", **plain))
    assert np.array_equal(embedded(["a"], **half), embedded(["passage: a"], **plain))


def test_a_prompt_for_all_is_the_default_of_both(folder: Path) -> None:
    said = {"prompts": {"s2p": "query: "}, "default_prompt_name": "s2p"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(said), encoding="utf-8")
    assert np.array_equal(
        embedded(["cat"], model=str(folder)), embedded(["query: cat"], model=str(folder), prefixes={"document": ""})
    )


def test_facts_come_from_the_folder(tmp_path: Path) -> None:
    folder = write_onnx_embedder(tmp_path / "small", prompts={"document": "passage: "})
    facts = Config(model=str(folder)).facts()
    assert (facts.dims, facts.max_tokens, facts.licence, facts.model) == (DIMS, 64 - 2 - 3, "apache-2.0", "small")
    assert facts.embedded and not facts.leaves_machine
    assert price_of(Config(model=str(folder))) == FREE
    built = Config(model=str(folder)).build()
    assert (built.dims, built.max_tokens) == (facts.dims, facts.max_tokens)


def test_facts_come_from_the_blueprint_where_there_is_no_folder() -> None:
    facts = Config(model="models/absent", dims=384, max_tokens=512).facts()
    assert (facts.dims, facts.max_tokens, facts.model) == (384, 510, "absent")
    with pytest.raises(NotFound, match="no model folder"):
        Config(model="models/absent").facts()


@pytest.mark.parametrize(
    ("file", "name"), [("1_Pooling/config.json", "dims"), ("sentence_bert_config.json", "max_tok")]
)
def test_what_nobody_says_is_asked_for(file: str, name: str, folder: Path) -> None:
    (folder / file).unlink()
    (folder / "config.json").unlink()
    with pytest.raises(UserError, match=f"do not say its {name}"):
        Config(model=str(folder)).facts()


def test_limits_of_tokenizer_and_positions_hold(folder: Path) -> None:
    (folder / "sentence_bert_config.json").unlink()
    assert Config(model=str(folder)).facts().max_tokens == 510
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 100}', encoding="utf-8")
    assert Config(model=str(folder)).facts().max_tokens == 98
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 1e30}', encoding="utf-8")
    assert Config(model=str(folder), max_tokens=20).facts().max_tokens == 18
    with pytest.raises(UserError, match="more than the 512"):
        Config(model=str(folder), max_tokens=513).build()


def test_vectors_are_shortened_where_asked(folder: Path) -> None:
    whole, short = embedded(TEXTS, model=str(folder)), embedded(TEXTS, model=str(folder), dims=8)
    expected = whole[:, :8] / np.linalg.norm(whole[:, :8], axis=1, keepdims=True)
    assert np.abs(short - expected).max() < 1e-6
    with pytest.raises(UserError, match="more than the 32"):
        Config(model=str(folder), dims=33).facts()


def test_texts_are_cut_and_put_in_lower_case_as_the_folder_says(tmp_path: Path) -> None:
    folder = write_onnx_embedder(tmp_path / "m", window=8)
    assert np.array_equal(embedded(["cat " * 50], model=str(folder)), embedded(["cat " * 6], model=str(folder))), (
        "six tokens and two marks"
    )
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    (folder / "tokenizer.json").write_text(json.dumps({**tokenizer, "normalizer": None}), encoding="utf-8")
    assert not np.array_equal(embedded(["CAT"], model=str(folder)), embedded(["cat"], model=str(folder)))
    rewritten(folder / "sentence_bert_config.json", do_lower_case=True)
    assert np.array_equal(embedded(["CAT"], model=str(folder)), embedded(["cat"], model=str(folder)))


def test_the_name_is_that_of_the_content(folder: Path, tmp_path: Path) -> None:
    def ref(place: Path = folder, **fields: object) -> str:
        return str(Config.model_validate({"model": str(place), **fields}).build().ref)

    assert ref().startswith("model:onnx@")
    assert ref() == ref(write_onnx_embedder(tmp_path / "elsewhere")), "where it lies does not matter"
    assert ref() == ref(device="cpu") == ref(why="because") == ref(prefixes={"query": ""})
    others = [
        ref(pooling="cls"),
        ref(prefixes={"query": "query: "}),
        ref(dims=16),
        ref(max_tokens=32),
        ref(write_onnx_embedder(tmp_path / "pools", outputs=("sentence_embedding",))),
    ]
    assert len({ref(), *others}) == 6
    before = ref()
    tokenizer = (folder / "tokenizer.json").read_text(encoding="utf-8")
    (folder / "tokenizer.json").write_text(tokenizer + "\n", encoding="utf-8")
    assert ref() != before


def test_weights_beside_the_graph_belong_to_it(tmp_path: Path) -> None:
    folder = write_onnx_embedder(tmp_path / "m", outside=True)
    assert [file.name for file in Graph.of(folder / "model.onnx").files] == ["model.onnx", "weights.bin"]
    listed = subprocess.run(
        ["sha256sum", "model.onnx", "weights.bin"], cwd=folder, capture_output=True, check=True
    ).stdout
    pin = hashlib.sha256(listed).hexdigest()
    before = Config(model=str(folder), sha256=pin).build().ref
    weights = bytearray((folder / "weights.bin").read_bytes())
    weights[0] ^= 1
    (folder / "weights.bin").write_bytes(weights)
    assert Config(model=str(folder)).build().ref != before
    with pytest.raises(UserError, match="is not the model that the blueprint pins"):
        Config(model=str(folder), sha256=pin).build()


def test_a_pin_is_the_hash_of_the_file(folder: Path) -> None:
    pin = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    assert Config(model=str(folder), sha256=pin).build().ref == Config(model=str(folder)).build().ref
    with pytest.raises(UserError, match=pin):
        Config(model=str(folder), sha256="0" * 64).build()


@pytest.mark.parametrize(
    ("absent", "error", "words"),
    [("model.onnx", NotFound, r"no model\.onnx"), ("tokenizer.json", NotFound, r"no tokenizer\.json")],
)
def test_a_missing_file_is_named(absent: str, error: type[Exception], words: str, folder: Path) -> None:
    (folder / absent).unlink()
    with pytest.raises(error, match=words):
        Config(model=str(folder)).build()


def test_broken_files_are_named(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    model = Config(model=str(folder)).build()
    with pytest.raises(ProviderError, match=r"tokenizer\.json cannot be read"):
        asyncio.run(model.embed(["a"]))
    (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match=r"config\.json cannot be read"):
        Config(model=str(folder)).build()
    (folder / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(UserError, match="cannot be read as ONNX"):
        Graph.of(folder / "model.onnx")


def test_the_graph_of_something_else_is_refused(tmp_path: Path) -> None:
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node("Identity", ["pixels"], ["out"])
    graph = onnx.helper.make_graph([node], "g", [value("pixels", 1, [1])], [value("out", 1, [1])])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "model.onnx")
    with pytest.raises(UserError, match="wants the inputs pixels"):
        Graph.of(tmp_path / "model.onnx")


def test_a_graph_of_another_tokenizer_says_so(folder: Path) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["model"]["vocab"]["new"] = 500
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    with pytest.raises(ProviderError, match="cannot be run on 3 tokens"):
        embedded(["new"], model=str(folder))


def test_runs_hold_equal_lengths_or_pad_and_keep_to_the_budget() -> None:
    lengths = [3, 9, 3, 0, 5, 3, 9]
    assert runs_of(lengths, 8, pad=False, alone=False) == [[1], [6], [4], [0, 2], [5]]
    assert runs_of(lengths, 27, pad=True, alone=False) == [[1, 6, 4], [0, 2, 5]]
    assert runs_of(lengths, 99, pad=True, alone=True) == [[1], [6], [4], [0], [2], [5]]
    assert runs_of([], 8, pad=False, alone=False) == []


def test_filled_up_texts_have_the_vectors_of_those_alone(folder: Path) -> None:
    """What a GPU is given, on the processor."""
    model = Config(model=str(folder)).build()
    loaded, recipe = model._model(), model._recipe  # type: ignore[attr-defined]
    rows = [loaded.tokens.cut.encode(text).ids for text in TEXTS]
    together = run(loaded, recipe, rows)
    alone = np.concatenate([run(loaded, recipe, [row]) for row in rows])
    assert np.abs(together - alone).max() < 1e-6


def test_a_graph_that_scales_while_it_runs_is_asked_one_text_at_a_time(folder: Path) -> None:
    """Dynamic int8: in one run with others, a vector would change with its neighbours."""
    graph = onnx.load(folder / "model.onnx")
    square = onnx.numpy_helper.from_array(np.random.default_rng(1).standard_normal((DIMS, DIMS)).astype("f"), "square")
    graph.graph.initializer.append(square)
    graph.graph.node.append(onnx.helper.make_node("MatMul", ["last_hidden_state", "square"], ["token_embeddings"]))
    graph.graph.output[0].name = "token_embeddings"
    onnx.helper.set_model_props(graph, {"onnx.quant.pre_process": "onnxruntime.quant"})
    quantize_dynamic(graph, folder / "int8.onnx", weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"])
    assert Graph.of(folder / "int8.onnx").alone and not Graph.of(folder / "model.onnx").alone
    model = Config(model=str(folder), file="int8.onnx").build()
    texts = [f"{word} pump tested" for word in ("cat", "mat", "key", "run", "water", "relief")]
    alone = np.concatenate([asyncio.run(model.embed([text])) for text in texts])
    assert np.array_equal(asyncio.run(model.embed(texts)), alone)
    loaded, recipe = model._model(), model._recipe  # type: ignore[attr-defined]
    together = run(loaded, recipe, [loaded.tokens.cut.encode(text).ids for text in texts])
    lengths = np.linalg.norm(together, axis=1, keepdims=True)
    assert not np.array_equal(together / lengths, alone), "or the rule would be for nothing"


def test_tokens_without_width_end_no_earlier_than_those_before() -> None:
    """SentencePiece puts a mark before the first word."""
    tokenizer = Tokenizer(models.Unigram([("<unk>", 0.0), ("▁", -1.0), ("好", -2.0), ("▁cat", -1.0)], unk_id=0))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokens = Tokens(tokenizer.to_str(), 8)
    for text in ("", "好", "cat 好", "cat cat"):
        ends = list(tokens.ends(text))
        assert len(ends) == len(tokenizer.encode(text).ids) if text else ends == []
        assert ends == sorted(ends) and all(0 < end <= len(text) for end in ends)


def test_a_device_that_is_not_there_is_an_error(folder: Path) -> None:
    expected = ProviderError if CUDA in get_available_providers() else MissingExtra
    model = Config(model=str(folder), device="cuda").build()
    try:
        asyncio.run(model.embed(["a"]))
    except expected as error:
        assert "device: auto" in error.hint  # type: ignore[attr-defined]
    auto = embedded(TEXTS, model=str(folder), device="auto")
    assert np.abs(auto - embedded(TEXTS, model=str(folder), device="cpu")).max() < 1e-5
    with pytest.raises(ValidationError, match="int8 runs on the processor"):
        Local(device="cuda")
