"""A pipeline over documents that a test writes down."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from mlwright.kernel.base import Kernel
from mlwright.kernel.open import open_kernel
from mlwright.models import ChatModel, Price, RerankChoice
from mlwright.models.chat.extractive import Config as Extractive
from mlwright.models.embed.hashing import Config as Hashing
from mlwright.rag import PipelineSpec, Rag, build_rag
from mlwright.testing.documents import DOCUMENTS, MemoryDocuments, MemoryRuns


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    kernel = open_kernel(tmp_path / "home")
    yield kernel
    kernel.store.close()


@pytest.fixture
def documents() -> MemoryDocuments:
    return MemoryDocuments(DOCUMENTS)


@pytest.fixture
def runs() -> MemoryRuns:
    return MemoryRuns()


Open = Callable[..., Rag]


@pytest.fixture
def pipeline(kernel: Kernel, documents: MemoryDocuments, runs: MemoryRuns) -> Iterator[Open]:
    """`pipeline(retrieve={…}, chat={…})` opens one; it is closed after the test."""
    opened: list[Rag] = []

    def open_one(
        *,
        chat: Mapping[str, ChatModel] | None = None,
        prices: Mapping[str, Price | None] | None = None,
        prompt: str | None = None,
        reranker: RerankChoice | None = None,
        **sections: object,
    ) -> Rag:
        spec = PipelineSpec.model_validate({"documents": "docs", **sections})
        chat = chat or {"writer": Extractive().build()}
        rag = build_rag(
            "support", spec, kernel, embedder=Hashing().build(), chat=chat,
            prices=prices if prices is not None else dict.fromkeys(chat, Price(input=1.0, output=4.0)),
            source=documents, record=runs, prompt=prompt, rerank=reranker,
        )  # fmt: skip
        opened.append(rag)
        return rag

    yield open_one
    for rag in opened:
        rag.close()
