"""From the section of a pipeline to the Rag that runs it."""

from collections.abc import Mapping

from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import stamp
from mlwright.models import ChatModel, Embedder, EmbedPart, Price, RerankChoice
from mlwright.rag import tables
from mlwright.rag.compute import ComputePart
from mlwright.rag.compute.local import Config as Local
from mlwright.rag.pipeline import Rag
from mlwright.rag.ports import DocumentSource, Recorder
from mlwright.rag.prompt import Prompt, built_in
from mlwright.rag.situate import writer_of
from mlwright.rag.spec import PipelineSpec


def build_rag(
    name: str,
    spec: PipelineSpec,
    kernel: Kernel,
    *,
    embedder: Embedder,
    chat: Mapping[str, ChatModel],
    prices: Mapping[str, Price | None],
    source: DocumentSource,
    record: Recorder,
    prompt: str | None = None,
    situate_prompt: str | None = None,
    compute: ComputePart | None = None,
    embed: EmbedPart | None = None,
    rerank: RerankChoice | None = None,
    store: str = "",
) -> Rag:
    """Open pipeline `name`. `chat` and `prices` are by name in `models.chat`; `prompt` and `situate_prompt` are the
    texts of the templates, the built-in ones where None; `rerank` is the reranker that the section names. `compute`
    says where documents are read and embedded, this machine where None; work elsewhere needs `embed`, the part behind
    `embedder`. `store` is the address of the database of the rows, for an index that lives there too. Opens no index
    and loads no model.

    Raises UserError for a template that cannot be used, NotFound where the model that writes contexts is missing."""
    kernel.store.migrate("mlwright.rag")
    template = built_in() if prompt is None else Prompt(prompt, name=spec.generate.prompt or f"of {name}")
    writer = writer_of(name, spec.situate, chat, prices, situate_prompt)
    tables.add_prompt(kernel.store, template.ref, template.text, stamp(kernel.clock.now()))
    if writer is not None:
        tables.add_prompt(kernel.store, writer.prompt.ref, writer.prompt.text, stamp(kernel.clock.now()))
    index = spec.index.model_copy(update={"engine": spec.index.engine.in_store(store)})
    spec = spec.model_copy(update={"index": index})
    return Rag(
        name, spec, kernel, embedder, chat, prices, source, record, template, compute or Local(), embed, rerank, writer
    )  # fmt: skip
