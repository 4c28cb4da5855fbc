"""The checks that every reranker must pass, and a small real cross-encoder on disk to try one on."""

import asyncio
import json
from pathlib import Path

from mlwright.models import Reranker, RerankFacts, RerankRequest

QUESTION = "How is the relief valve tested?"
TEXTS = (
    "Boats leave the harbour at nine, and tickets cost four pounds.",
    "The relief valve is tested twice a year with cold water.",
    "A valve closes the pipe.",
    "",
    "Grüße, 你好, 🙂 and a\nnew line",
)
SCORES = (0.9, 0.8, 0.7, 0.3, 0.1)
_WORDS = ("relief", "valve", "tested", "harbour", "water", "boats", "pipe")


async def check_reranker(model: Reranker, facts: RerankFacts, *, judges: bool = True, tolerance: float = 1e-5) -> None:
    """Raises AssertionError where a reranker breaks its contract, or what its facts say of it.
    `judges`: it should put the passage that answers before the one that the search put first. `tolerance` is how far
    equal requests may differ."""
    import numpy as np

    def asked(question: str, texts: tuple[str, ...], scores: tuple[float, ...]) -> RerankRequest:
        rows = np.eye(max(1, len(texts)), 8, dtype=np.float32)[: len(texts)] if facts.vectors else None
        return RerankRequest(question, texts, scores, rows)

    assert model.ref.kind == "model", f"ref is {model.ref}, its kind must be model"
    found = await model.rerank(asked(QUESTION, TEXTS, SCORES))
    assert len(found.scores) == len(TEXTS), "one score a passage, in their order"
    assert all(0 <= score <= 1 for score in found.scores), "a score lies between 0 and 1"
    if judges:
        assert found.scores[1] > found.scores[0], "what answers the question comes before what does not"
    again = await asyncio.gather(*(model.rerank(asked(QUESTION, TEXTS, SCORES)) for _ in range(3)))
    for other in again:
        near = [abs(one - two) <= tolerance for one, two in zip(found.scores, other.scores, strict=True)]
        assert all(near), "equal requests give equal scores"
    assert (await model.rerank(asked(QUESTION, (), ()))).scores == (), "no passage, no score"
    assert len((await model.rerank(asked(QUESTION, TEXTS[1:2], SCORES[1:2]))).scores) == 1
    if facts.calibrated:
        last = await model.rerank(asked(QUESTION, TEXTS[1:3][::-1], SCORES[1:3]))
        near = [abs(one - two) <= tolerance for one, two in zip(last.scores, found.scores[2:0:-1], strict=True)]
        assert all(near), "a calibrated score depends on question and passage alone"
    long = await model.rerank(asked("valve " * 20_000, ("valve " * 20_000, "pipe"), (0.5, 0.4)))
    assert all(0 <= score <= 1 for score in long.scores), "what is too long is cut, not refused"


def write_cross_encoder(folder: Path) -> Path:
    """A cross-encoder of a few words as `model.onnx` and `tokenizer.json`: its raw score counts the known words of the
    question that the passage holds, less two. Small, but a real graph with the inputs of a BERT."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {word: number for number, word in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", *_WORDS))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    size = len(vocabulary)
    table = np.eye(size, dtype=np.float32)
    table[:4] = 0
    names = ("input_ids", "attention_mask", "token_type_ids")
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in names]
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["token_type_ids"], ["second"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["mask", "second"], ["in_passage"]),
        helper.make_node("Sub", ["mask", "in_passage"], ["in_question"]),
    ]
    for side in ("question", "passage"):
        nodes += [
            helper.make_node("Unsqueeze", [f"in_{side}", "last"], [f"{side}_column"]),
            helper.make_node("Mul", ["words", f"{side}_column"], [f"{side}_words"]),
            helper.make_node("ReduceMax", [f"{side}_words"], [f"{side}_has"], axes=[1], keepdims=0),
        ]
    nodes += [
        helper.make_node("Mul", ["question_has", "passage_has"], ["common"]),
        helper.make_node("ReduceSum", ["common", "one"], ["count"], keepdims=1),
        helper.make_node("Sub", ["count", "two"], ["logits"]),
    ]
    constants = {
        "table": table,
        "last": np.array([2], np.int64),
        "one": np.array([1], np.int64),
        "two": np.array([2], np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "overlap",
        inputs,
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    more = {"tokenizer_config.json": {"model_max_length": 512}, "special_tokens_map.json": {"pad_token": "[PAD]"}}
    for name, content in {**more, "config.json": {"pad_token_id": 0}}.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder
