"""Synthetic eval sets: the walk from the indexed documents of a pipeline to questions about them."""

from pathlib import Path

from mlwright.app.joined import Joined
from mlwright.evals import EvalDataset, Stretch, dataset, synthesise, written
from mlwright.kernel.errors import Conflict, NotFound
from mlwright.kernel.files import write_atomically
from mlwright.kernel.ids import Ref
from mlwright.rag import Rag


def synthetic(app: Joined, pipeline: str, count: int) -> EvalDataset:
    """Examples made from the indexed documents by rule, each marked as synthetic. Raises NotFound before the first
    ingest, and where no sentence can be asked for."""
    rag = app.pipeline(pipeline)
    stretches = [stretch for info in rag.documents() for stretch in _stretches(rag, info.version, info.key)]
    examples = synthesise(stretches, count)
    if not examples:
        raise NotFound(f"pipeline {rag.name!r} has no text to ask for", hint="ingest its documents first: mlwright up")
    return dataset("synthetic", examples)


def _stretches(rag: Rag, version: Ref, key: str) -> list[Stretch]:
    parsed, above, found = rag.text(version), list[tuple[int, str]](), list[Stretch]()
    for block in parsed.blocks:
        text = parsed.text[block.start : block.end]
        if block.kind == "heading":
            above = [*(one for one in above if one[0] < block.level), (block.level, text.strip("#= \n"))]
        elif block.kind == "paragraph":
            found.append(Stretch(key, block.start, text, tuple(title for _, title in above)))
    return found


def write_set(made: EvalDataset, to: Path) -> Path:
    """Keep a synthetic set as a file. Raises Conflict where there is one already."""
    if to.exists():
        raise Conflict(f"{to} exists", hint="choose another name, or remove it")
    to.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(to, written(made))
    return to
