"""This machine: documents are parsed in processes beside this one, and embedded in it."""

from typing import Literal

from mlwright.rag.compute import Compute, ComputePart, Work


class Config(ComputePart):
    """All work is done here: while one batch is embedded, the next one is parsed."""

    use: Literal["local"] = "local"

    def build(self, work: Work) -> Compute:
        from mlwright.rag.compute._local import Local  # loads asyncio

        return Local(work)
