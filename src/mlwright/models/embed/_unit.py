"""Vectors of unit length."""

import numpy as np
from numpy.typing import NDArray

from mlwright.kernel.errors import ProviderError


def unit(vectors: NDArray[np.float32], model: str) -> NDArray[np.float32]:
    """Each divided by its length; one of no length, as of a text without tokens, is the first axis.

    Raises ProviderError where a number is not finite."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise ProviderError(
            f"{model} gave a vector that is not finite", hint="half precision can overflow: take a graph of fp32"
        )
    found: NDArray[np.float32] = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    found[lengths[:, 0] == 0, 0] = 1.0
    return found
