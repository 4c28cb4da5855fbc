"""The port of a document: one file that writes one of the documents of a system. Each statement names its proof."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from mlwright.architect.documents._subject import Subject
from mlwright.architect.writing.blocks import Block


@dataclass(frozen=True, slots=True)
class Document:
    """Contract: `write` reads its subject and yields blocks; equal subjects give equal blocks, whatever the day.
    Documents are listed by `place`; `file` is the name without an ending, `about` says in a sentence what is in it."""

    place: int
    name: str
    file: str
    title: str
    about: str
    write: Callable[[Subject], Iterator[Block]]


@cache
def all_documents() -> tuple[Document, ...]:
    """Every document of the folder, in the order of reading."""
    files = (file.name for file in pkgutil.iter_modules(__path__) if not file.name.startswith("_"))
    found: list[Document] = [importlib.import_module(f"{__name__}.{name}").DOCUMENT for name in files]
    return tuple(sorted(found, key=lambda document: document.place))
