"""Every slot of the house: where a part can be put."""

SLOTS = (
    "mlwright.models.embed",
    "mlwright.models.chat",
    "mlwright.data.sources",
    "mlwright.rag.parsers",
    "mlwright.rag.chunkers",
    "mlwright.rag.indexes",
    "mlwright.rag.compute",
    "mlwright.evals.metrics",
)
