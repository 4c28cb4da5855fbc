"""Dividing: files become parsed documents and their cuts. The one piece of code that every executor runs."""

from collections.abc import Sequence

from mlwright.kernel.errors import Unreadable
from mlwright.models import Embedder
from mlwright.rag.chunkers import Chunker, ChunkerPart
from mlwright.rag.chunkers._counted import CountedVectors
from mlwright.rag.compute import Divided
from mlwright.rag.parse import Reader, every_parser
from mlwright.rag.spec import ParseSpec
from mlwright.rag.types import Parsed


class Divider:
    """Parses in processes of its own (see `Reader`), and cuts with the tokenizer of the embedder."""

    def __init__(
        self,
        chunk: ChunkerPart,
        embedder: Embedder,
        parse: ParseSpec,
        *,
        room: int = 0,
        workers: int | None = None,
    ) -> None:
        self._chunk, self._embedder, self._limit = chunk, embedder, max(1, embedder.max_tokens - room)
        self._reader = Reader(
            parsers=every_parser({**parse.reading, "pages": parse.pages}),
            workers=workers,
            seconds=parse.timeout,
            memory=parse.memory,
            largest=parse.size,
        )

    def divide(self, files: Sequence[tuple[bytes, str]]) -> list[Divided | Unreadable]:
        """One result for each (content, key), in order."""
        vectors = CountedVectors(self._embedder)
        chunker = self._chunk.build_with(vectors)
        return [
            parsed if isinstance(parsed, Unreadable) else self._divided(parsed, chunker, vectors)
            for parsed in self._reader.read_many(files)
        ]

    def _divided(self, parsed: Parsed, chunker: Chunker, vectors: CountedVectors) -> Divided:
        before = vectors.asked
        cuts = chunker.cut(parsed, self._embedder.token_ends, self._limit)
        return Divided(parsed, tuple(cuts), vectors.asked - before)

    def close(self) -> None:
        self._reader.close()
