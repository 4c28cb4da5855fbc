"""The shelf of an index: everything that says what is in it, apart from the documents, and the names made from that."""

import json
import posixpath
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from mlwright.kernel.ids import Ref, content_ref
from mlwright.models import Embedder
from mlwright.rag.placed import placed
from mlwright.rag.spec import PipelineSpec
from mlwright.rag.types import Chunk, Cut, Meta, MetaValue

PARSING = "3"
"""Raised when parsers give another text or other blocks for the same bytes: everything is then parsed anew."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """`name` is the folder of the index, below `indexes` in the workspace. `cutting` names parser format, chunker,
    tokenizer and what writes contexts: chunks are a function of it and of the version of a document."""

    name: str
    cutting: str
    settings: Mapping[str, str]
    metadata: tuple[str, ...]
    parsing: str
    """The format of parsed text: what parsers give for the same bytes depends on nothing else."""
    patterns: Mapping[str, str]
    """Fields that the place of a document gives."""

    @classmethod
    def of(
        cls, pipeline: str, spec: PipelineSpec, embedder: Embedder, situate: Mapping[str, str] | None = None
    ) -> "Shelf":
        """`situate` names what writes the contexts of chunks, where something does."""
        chunk = json.dumps(spec.chunk.model_dump(mode="json"), sort_keys=True)
        usual, reading = type(spec.parse)().reading, spec.parse.reading
        differs = {name: value for name, value in reading.items() if value != usual[name]}
        parsing = PARSING + (f" {json.dumps(differs, sort_keys=True)}" if differs else "")
        context = {"situate": json.dumps(situate, sort_keys=True)} if situate else {}
        cut = {"parsing": parsing, "chunk": chunk, "embedder": str(embedder.ref), **context}
        cutting = content_ref("cutting", cut).id
        settings = {
            "parsing": parsing,
            "chunk": chunk,
            "embedder": str(embedder.ref),
            "keyword": spec.index.keyword,
            "metadata": ",".join(sorted(spec.index.metadata)),
            "engine": spec.index.engine.use,
            **({"meta": json.dumps(spec.meta, sort_keys=True)} if spec.meta else {}),
            **({} if spec.index.quantize == "none" else {"quantize": spec.index.quantize}),
            **context,
        }
        name = f"{pipeline}-{content_ref('shelf', settings).id[:12]}"
        return cls(name, cutting, settings, spec.index.metadata, parsing, spec.meta)

    def index_ref(self, pipeline: str, dataset: Ref, skipped: Iterable[str], bare: Collection[str] = ()) -> Ref:
        """The name of the index of a dataset: equal documents and settings, equal name. `bare` chunks lack a context
        that they should have."""
        fields = {"pipeline": pipeline, "dataset": dataset.id, "skipped": sorted(skipped), **self.settings}
        return content_ref("index", {**fields, **({"bare": sorted(bare)} if bare else {})})

    def chunk_ref(self, version: Ref, cut: Cut) -> Ref:
        """The cutting says which parent it has, so that needs no place of its own."""
        fields = {"version": version.id, "cutting": self.cutting, "start": cut.start, "end": cut.end}
        return content_ref("chunk", {**fields, "headings": list(cut.headings)})

    def meta(self, chunk: Chunk) -> dict[str, MetaValue]:
        """The fields of a chunk that filters may use: those of the document; those of its place, which count more,
        because they stand in the blueprint; and `key`, `folder`, `title`, `section` and `page`."""
        page = {} if chunk.span.page is None else {"page": str(chunk.span.page)}
        return self.document_meta(chunk.key, chunk.title, {"section": chunk.headings, **chunk.meta, **page})

    def document_meta(self, key: str, title: str, meta: Meta) -> dict[str, MetaValue]:
        """Those of the fields that a whole document has; `meta` is what it says of itself."""
        known: dict[str, MetaValue] = {"title": title, **meta}
        known |= {"key": key, "folder": posixpath.dirname(key) or "."}
        known |= placed(self.patterns, key)
        return {field: known[field] for field in self.metadata if field in known}
