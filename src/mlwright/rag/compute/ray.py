"""A Ray cluster: documents are parsed, cut and embedded on its machines, and kept by this one."""

from typing import Literal

from pydantic import Field

from mlwright.kernel.errors import UserError
from mlwright.kernel.parts import Facts, need
from mlwright.rag.compute import Compute, ComputePart, Work


class Config(ComputePart):
    """Batches of documents and of texts become tasks of a running Ray cluster; the same chunks and vectors come of it
    as on one machine. Its machines need this version of mlwright with the same extras, and no shared disk. Written
    `ray` for the cluster that this machine belongs to, or `ray://head:10001` for one elsewhere."""

    use: Literal["ray"] = "ray"
    address: str = Field(default="auto", min_length=1)
    """`auto` finds the cluster of this machine (or the variable `RAY_ADDRESS`); `host:6379`; or `ray://host:10001`."""
    retries: int = Field(default=4, ge=0, le=100)
    """How often a batch is given out again after its machine was lost."""
    slots: int | None = Field(default=None, ge=1, le=1024)
    """Batches under way at once; two for each CPU of the cluster where it is left out."""

    def facts(self) -> Facts:
        return Facts(embedded=False, provider="ray")

    def build(self, work: Work) -> Compute:
        """Connect. Raises MissingExtra without Ray, ProviderError where no cluster answers, UserError for an embedder
        that is not known by its part."""
        if work.embed is None:
            raise UserError(
                "an embedder that is only an object of this process cannot work on Ray",
                hint="give `build_rag` its part as well: embed=…",
            )
        need("ray", "ray")
        if self.address.startswith("ray://"):
            need("grpc", "ray")
        from mlwright.rag.compute._ray import connected  # loads Ray

        return connected(work, work.embed, self.address, self.retries, self.slots)
