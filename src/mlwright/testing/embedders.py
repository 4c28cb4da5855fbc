"""Small real embedding models on disk, in the forms in which models are published, to try parts and pipelines on."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer

DIMS = 32
_WORDS = (
    *("how", "do", "i", "rotate", "a", "key", "to", "run", "one", "command", "the", "cat", "sat", "on", "mat"),
    *("query", "passage", "valve", "relief", "is", "tested", "pump", "water", "?", ".", ",", ":"),
)
_MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def write_onnx_embedder(
    folder: Path,
    *,
    pooling: str = "mean_tokens",
    prompts: Mapping[str, str] | None = None,
    dense: int | None = None,
    window: int = 64,
    outputs: Sequence[str] = ("last_hidden_state",),
    outside: bool = False,
) -> Path:
    """An encoder of a few words with the files of sentence-transformers. The vector of a token is its own and a tenth
    of the mean of all that the mask lets through, so that a forgotten mask shows. `pooling` is the name of a mode,
    `prompts` go into config_sentence_transformers.json, `dense` is the width of a layer after pooling. `outputs` may
    name `sentence_embedding`, the mean, too. `outside`: the table lies in a file beside the graph."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    _tokenizer(marks=True).save(str(folder / "tokenizer.json"))
    _write_graph(folder / "model.onnx", outputs, outside=outside)
    modules = [("Transformer", ""), ("Pooling", "1_Pooling")]
    said: dict[str, Any] = {
        "config.json": {"hidden_size": DIMS, "max_position_embeddings": 512, "pad_token_id": 0},
        "sentence_bert_config.json": {"max_seq_length": window, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": dict(prompts or {}), "default_prompt_name": None},
        "1_Pooling/config.json": {"word_embedding_dimension": DIMS, f"pooling_mode_{pooling}": True},
    }
    if dense is not None:
        modules.append(("Dense", "2_Dense"))
        activation = "torch.nn.modules.activation.Tanh"
        said["2_Dense/config.json"] = {
            "in_features": DIMS, "out_features": dense, "bias": True, "activation_function": activation
        }  # fmt: skip
        (folder / "2_Dense").mkdir(exist_ok=True)
        save_file(
            {"linear.weight": _numbers(dense, DIMS), "linear.bias": _numbers(dense)},
            folder / "2_Dense" / "model.safetensors",
        )
    said["modules.json"] = [
        {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for place, (kind, path) in enumerate([*modules, ("Normalize", f"{len(modules)}_Normalize")])
    ]
    for name, content in said.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A small model\n", encoding="utf-8")
    return folder


def write_static_embedder(folder: Path, *, table: str = "embeddings", quantised: bool = False) -> Path:
    """A table of token vectors with the files of model2vec; with the tensor `embedding.weight`, those of
    sentence-transformers. `quantised`: tokens share rows, and each has a weight of its own."""
    import numpy as np
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(marks=False)
    tokenizer.save(str(folder / "tokenizer.json"))
    size = tokenizer.get_vocab_size()
    tensors = {table: _table(size)}
    if quantised:
        tensors = {
            table: tensors[table][: size - 4],
            "mapping": np.minimum(np.arange(size), size - 5),
            "weights": np.linspace(0.5, 1.5, size, dtype=np.float32),
        }
    save_file(tensors, folder / "model.safetensors")
    said = {"model_type": "model2vec", "hidden_dim": DIMS, "normalize": True}
    (folder / "config.json").write_text(json.dumps(said), encoding="utf-8")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# A small table\n", encoding="utf-8")
    return folder


def _tokenizer(*, marks: bool) -> "Tokenizer":
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = {word: number for number, word in enumerate((*_MARKS, *_WORDS))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if marks:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
    return tokenizer


def _table(rows: int) -> Any:
    """Vectors that stand nearly upright on one another, so that texts are alike where they share words."""
    import numpy as np

    table = 0.1 * _numbers(rows, DIMS)
    table[np.arange(rows), np.arange(rows) % DIMS] += 1
    return table


def _numbers(*shape: int) -> Any:
    import numpy as np

    return np.random.default_rng(7).standard_normal(shape).astype(np.float32)


def _write_graph(file: Path, outputs: Sequence[str], *, outside: bool) -> None:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    constants = {
        "table": _table(len(_MARKS) + len(_WORDS)),
        "last": np.array([2], np.int64),
        "along": np.array([1], np.int64),
        "tenth": np.array(0.1, np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["words", "column"], ["masked"]),
        helper.make_node("ReduceSum", ["masked", "along"], ["sum"], keepdims=1),
        helper.make_node("ReduceSum", ["column", "along"], ["count"], keepdims=1),
        helper.make_node("Div", ["sum", "count"], ["mean"]),
        helper.make_node("Mul", ["mean", "tenth"], ["context"]),
        helper.make_node("Add", ["words", "context"], ["last_hidden_state"]),
        helper.make_node("Squeeze", ["mean", "along"], ["sentence_embedding"]),
    ]
    shapes = {"last_hidden_state": ["batch", "length", DIMS], "sentence_embedding": ["batch", DIMS]}
    graph = helper.make_graph(
        nodes,
        "words",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    if outside:
        onnx.save_model(model, file, save_as_external_data=True, location="weights.bin", size_threshold=0)
    else:
        onnx.save(model, file)
