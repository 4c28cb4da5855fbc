"""Documents in memory for tests of a pipeline: a source that changes on demand, and a recorder that remembers."""

from collections.abc import AsyncIterator, Mapping, Sequence

from mlwright.kernel.errors import NotFound, Unreadable
from mlwright.kernel.ids import Ref, content_ref, digest
from mlwright.rag import Answer, Citation, SourceDocument, Token

GUIDE = """# Boilers

## Starting

Open the main valve before you light the burner. Wait for ninety seconds.

## Stopping

Close the burner first. The pump runs on for five minutes until the water is cool.
"""
PUMPS = """# Pumps

## Noise

A rattling pump has air in it. Bleed it at the brass screw on top of the housing.

## Service

Replace the gasket every two years, and grease the bearing with lithium grease.
"""
DOCUMENTS = {
    "guide.md": GUIDE,
    "pumps.md": PUMPS,
    "notes/office.txt": "The office is open from nine to five on weekdays.",
}


class MemoryDocuments:
    """A DocumentSource: change `files`, and the dataset changes. `quarantined` is key to reason."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self.files = {key: text.encode() if isinstance(text, str) else text for key, text in files.items()}
        self.quarantined: dict[str, str] = {}
        self.released: list[str] = []
        self._made: dict[str, Sequence[SourceDocument]] = {}
        self._bytes: dict[str, bytes] = {}

    def latest(self) -> tuple[Ref, Sequence[SourceDocument]]:
        if not self.files:
            raise NotFound("nothing was ingested")
        found = [self._document(key, data) for key, data in sorted(self.files.items())]
        dataset = content_ref("dataset", {"versions": [one.version.id for one in found]})
        self._made[dataset.id] = found
        return dataset, found

    def documents(self, dataset: Ref) -> Sequence[SourceDocument]:
        return self._made[dataset.id]

    def _document(self, key: str, data: bytes) -> SourceDocument:
        version = content_ref("version", {"key": key, "sha256": digest(data)})
        self._bytes[version.id] = data
        return SourceDocument(version, Ref("document", f"docs/{key}"), key, digest(data), len(data))

    def read(self, version: Ref) -> bytes:
        return self._bytes[version.id]

    def quarantine(self, document: SourceDocument, error: Unreadable) -> None:
        self.quarantined[document.key] = error.reason

    def release(self, document: SourceDocument) -> None:
        self.released.append(document.key)
        self.quarantined.pop(document.key, None)


class MemoryRuns:
    """A Recorder: `made` lists what it was told of, `metrics` what was measured of it."""

    def __init__(self) -> None:
        self.made: list[Ref] = []
        self.metrics: list[dict[str, float]] = []

    def __call__(
        self, name: str, params: dict[str, str], metrics: dict[str, float], uses: Sequence[Ref], made: Ref
    ) -> Ref:
        assert name.split()[0] == "index"
        self.made.append(made)
        self.metrics.append(metrics)
        return Ref("run", f"r{len(self.made)}")


async def finished(stream: AsyncIterator[Token | Citation | Answer]) -> tuple[str, Answer]:
    """The text that was streamed, and the answer."""
    said, answer = [], None
    async for item in stream:
        if isinstance(item, Token):
            said.append(item.text)
        elif isinstance(item, Answer):
            answer = item
    assert answer is not None
    return "".join(said), answer
