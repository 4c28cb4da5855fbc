"""Every slot of the house: where a part can be put."""

SLOTS = (
    "mlwright.models.embed",
    "mlwright.models.chat",
    "mlwright.models.rerank",
    "mlwright.data.sources",
    "mlwright.rag.parsers",
    "mlwright.rag.chunkers",
    "mlwright.rag.indexes",
    "mlwright.rag.compute",
    "mlwright.rag.rewriters",
    "mlwright.evals.metrics",
)
