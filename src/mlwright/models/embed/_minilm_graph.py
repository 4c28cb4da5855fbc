"""The ONNX graph of all-MiniLM-L6-v2 for one text, built from its safetensors without torch.

One text at a time and no padding, on purpose: dynamic int8 takes its scale from the whole input, so in a padded batch
the vector of a text would depend on its neighbours. Alone, equal texts give equal vectors, bit for bit.
"""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

LAYERS, HEADS, WIDTH, EPSILON = 6, 12, 384, 1e-12

Array = NDArray[np.float32]


def minilm_graph(weights: Path) -> onnx.ModelProto:
    """tokens int64 [n], with [CLS] and [SEP], n <= 512 -> vector float32 [384] of unit length.

    Raises KeyError where the file is not a BERT of this shape.
    """
    return _Builder(load_file(weights)).model()


def save_int8(model: onnx.ModelProto, path: Path) -> None:
    """The same model with int8 weights, one scale for each output channel (one for the whole matrix is measurably
    worse: mean cosine to fp32 0.946 instead of 0.995). Embeddings and attention products stay fp32."""
    # This graph has nothing left to simplify; without the mark onnxruntime writes a warning to the root logger.
    helper.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
    quantize_dynamic(
        model,
        path,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )


class _Builder:
    """Each method adds nodes and gives the name of their output."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def model(self) -> onnx.ModelProto:
        x = self._embeddings()
        for layer in range(LAYERS):
            x = self._layer(x, f"encoder.layer.{layer}.")
        mean = self._op("ReduceMean", x, self._const("first", np.array([0])), keepdims=0)
        length = self._op("ReduceL2", mean, self._const("first", np.array([0])), keepdims=1)
        self._nodes.append(helper.make_node("Div", [mean, length], ["vector"]))
        graph = helper.make_graph(
            self._nodes,
            "minilm",
            [helper.make_tensor_value_info("tokens", TensorProto.INT64, ["n"])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [WIDTH])],
            list(self._constants.values()),
        )
        # Opset 20 is the first with Gelu; IR 10 is read by every onnxruntime since 1.18.
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)

    def _embeddings(self) -> str:
        place = self._weights["embeddings.position_embeddings.weight"]
        kind = self._weights["embeddings.token_type_embeddings.weight"]
        words = self._op("Gather", self._weight("embeddings.word_embeddings.weight"), "tokens")
        count = self._op("Shape", "tokens")
        places = self._op("Slice", self._const("places", place + kind[0]), self._const("first", np.array([0])), count)
        return self._norm(self._op("Add", words, places), "embeddings.LayerNorm")

    def _layer(self, x: str, at: str) -> str:
        attended = self._dense(self._attention(x, at + "attention.self."), at + "attention.output.dense")
        x = self._norm(self._op("Add", attended, x), at + "attention.output.LayerNorm")
        inner = self._op("Gelu", self._dense(x, at + "intermediate.dense"))
        return self._norm(self._op("Add", self._dense(inner, at + "output.dense"), x), at + "output.LayerNorm")

    def _attention(self, x: str, at: str) -> str:
        query, key, value = (self._heads(x, f"{at}{name}") for name in ("query", "key", "value"))
        scale = self._const("scale", np.array((WIDTH / HEADS) ** -0.5, np.float32))
        scores = self._op("MatMul", self._op("Mul", query, scale), self._op("Transpose", key, perm=[0, 2, 1]))
        mixed = self._op("MatMul", self._op("Softmax", scores, axis=-1), value)
        flat = self._const("flat", np.array([0, WIDTH]))
        return self._op("Reshape", self._op("Transpose", mixed, perm=[1, 0, 2]), flat)

    def _heads(self, x: str, name: str) -> str:
        split = self._const("split", np.array([0, HEADS, WIDTH // HEADS]))
        return self._op("Transpose", self._op("Reshape", self._dense(x, name), split), perm=[1, 0, 2])

    def _dense(self, x: str, name: str) -> str:
        kernel = self._const(f"{name}.kernel", np.ascontiguousarray(self._weights[f"{name}.weight"].T))
        return self._op("Add", self._op("MatMul", x, kernel), self._weight(f"{name}.bias"))

    def _norm(self, x: str, name: str) -> str:
        weight, bias = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self._op("LayerNormalization", x, weight, bias, axis=-1, epsilon=EPSILON)

    def _op(self, kind: str, *inputs: str, **attributes: object) -> str:
        output = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def _weight(self, name: str) -> str:
        return self._const(name, self._weights[name])

    def _const(self, name: str, value: NDArray[np.generic]) -> str:
        self._constants.setdefault(name, numpy_helper.from_array(value, name))
        return name
