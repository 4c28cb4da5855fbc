"""What embedding models were trained to see before a question and before a document, by the families of their names.

From the model cards of the makers, read in November 2026. A model that is not here may want none, or nobody looked.
"""

import re

_BGE = "Represent this sentence for searching relevant passages: "
_FAMILIES: tuple[tuple[str, tuple[str, str]], ...] = (
    (r"(multilingual-)?e5-(small|base|large)(-v2|-unsupervised)?", ("query: ", "passage: ")),
    (r"nomic-embed-text(-v\d+(\.\d+)?)?(-moe)?", ("search_query: ", "search_document: ")),
    (r"bge-(small|base|large)-en(-v1\.5)?", (_BGE, "")),
    (r"mxbai-embed-large(-v1)?", (_BGE, "")),
    (r"snowflake-arctic-embed(-(xs|s|m|l))?(-v1\.5|-long)?", (_BGE, "")),
    (r"snowflake-arctic-embed(2|(-(m|l))?-v2(\.0)?)", ("query: ", "")),
)


def trained_prefixes(model: str) -> tuple[str, str] | None:
    """Before a question, before a document; None where the model is not known. The maker before the name, and a tag or
    a size after it, do not matter: `intfloat/e5-base-v2`, `nomic-embed-text:latest`."""
    name = model.lower().rpartition("/")[2].partition(":")[0].removesuffix("-gguf")
    return next((known for pattern, known in _FAMILIES if re.fullmatch(pattern, name)), None)
