"""Synthetic eval sets: the walk from the indexed documents of a pipeline to questions about them."""

from dataclasses import dataclass
from pathlib import Path

from mlwright.app.joined import Joined
from mlwright.evals import EvalDataset, EvalExample, Stretch, dataset, interviewed, synthesise, written
from mlwright.kernel.errors import Conflict, NotFound, ProviderError
from mlwright.kernel.files import write_atomically
from mlwright.kernel.ids import Ref
from mlwright.kernel.progress import Progress, silent
from mlwright.models import cost_of, price_of
from mlwright.rag import Rag


@dataclass(frozen=True, slots=True)
class Synthetic:
    """Examples that no person wrote. `calls` were made of a chat model for them, `useless` of these gave none, and
    `cost` is their price in USD, None where the model has none; all 0 for examples by rule."""

    set: EvalDataset
    calls: int = 0
    useless: int = 0
    cost: float | None = 0.0


async def synthetic(app: Joined, pipeline: str, count: int, by: str = "", progress: Progress = silent) -> Synthetic:
    """Examples made from the indexed documents, each marked as synthetic: by rule, or by the chat model named `by`.

    Raises NotFound before the first ingest, where nothing can be asked for, and for an unknown model; ProviderError
    where the model cannot be asked."""
    rag = app.pipeline(pipeline)
    stretches = [stretch for info in rag.documents() for stretch in _stretches(rag, info.version, info.key)]
    if not by:
        return Synthetic(_some(rag.name, synthesise(stretches, count)))
    parts = app.blueprint.models.chat
    if by not in parts:
        raise NotFound(f"there is no chat model {by!r}", hint=f"the blueprint has: {', '.join(parts)}")
    model = parts[by].build()
    try:
        made = await interviewed(stretches, count, model, progress=progress)
    finally:
        await model.close()
    if made.calls and not made.examples:
        raise ProviderError(
            f"{model.ref} wrote no question that its text answers, in {made.calls} calls",
            hint="choose a model that follows instructions; without --by the questions are made by rule",
        )
    return Synthetic(_some(rag.name, made.examples), made.calls, made.useless, cost_of(made.usage, price_of(parts[by])))


def _some(pipeline: str, examples: tuple[EvalExample, ...]) -> EvalDataset:
    if not examples:
        raise NotFound(f"pipeline {pipeline!r} has no text to ask for", hint="ingest its documents first: mlwright up")
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


def check_free(to: Path) -> None:
    """Raises Conflict where there is such a file: said before a model is paid for."""
    if to.exists():
        raise Conflict(f"{to} exists", hint="choose another name, or remove it")


def write_set(made: EvalDataset, to: Path) -> Path:
    """Keep a synthetic set as a file. Raises Conflict where there is one already."""
    check_free(to)
    to.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(to, written(made))
    return to
