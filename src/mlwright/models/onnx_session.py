"""ONNX graphs on the processor or on a GPU: the choice, and the session for a graph."""

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlwright.kernel.errors import MissingExtra, ProviderError
from mlwright.kernel.parts import need

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Device = Literal["auto", "cpu", "cuda"]
CUDA = "CUDAExecutionProvider"
_CPU = "CPUExecutionProvider"


def session_on(graph: Path, device: Device) -> "InferenceSession":
    """A session of one thread: many runs at once use the cores better than many threads of one run.

    `auto` takes a GPU where onnxruntime offers one and it works. On a GPU products are computed in full single
    precision, so that its vectors are those of the processor. Raises MissingExtra where `cuda` is asked for and this
    onnxruntime has none, ProviderError where it has and no GPU works."""
    onnxruntime = need("onnxruntime", "local")
    offered = CUDA in onnxruntime.get_available_providers()
    if device == "cuda" and not offered:
        raise MissingExtra(
            "device: cuda, and the onnxruntime that is installed has no CUDA",
            hint='pip install "onnxruntime-gpu[cuda,cudnn]" in the place of onnxruntime, or write device: auto',
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    wanted: list[Any] = [_CPU]
    with contextlib.redirect_stdout(sys.stderr):  # what it lacks on a GPU is printed where answers go
        if offered and device != "cpu":
            onnxruntime.preload_dlls()
            wanted = [(CUDA, {"use_tf32": "0"}), _CPU]
        session: InferenceSession = onnxruntime.InferenceSession(graph, options, providers=wanted)
    if device == "cuda" and not on_gpu(session):
        raise ProviderError(
            f"device: cuda, and onnxruntime cannot use a GPU for {graph}",
            hint="nvidia-smi says whether there is one, the log of onnxruntime what it lacks; or write device: auto",
        )
    return session


def on_gpu(session: "InferenceSession") -> bool:
    return CUDA in session.get_providers()


def cores() -> int:
    """The cores this process may use (a container or taskset may allow fewer than the machine has)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
