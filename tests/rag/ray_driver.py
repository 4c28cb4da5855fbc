"""Ingests on a Ray cluster and prints what came of it; tests run it inside the network of the cluster.

ray_driver.py HOME ADDRESS, or with `local` as the address on this machine. After the first batch it says `under way`.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from mlwright.kernel import aio
from mlwright.kernel.open import open_kernel
from mlwright.kernel.progress import silent
from mlwright.models import ChatRequest
from mlwright.models.embed.hashing import Config as Hashing
from mlwright.models.embed.local import Config as MiniLM
from mlwright.rag import PipelineSpec, build_rag
from mlwright.rag.compute.local import Config as Local
from mlwright.rag.compute.ray import Config as Ray
from mlwright.testing.chat import ScriptedChat
from mlwright.testing.documents import DOCUMENTS, MemoryDocuments, MemoryRuns

MANY = {
    f"many/{n}.md": f"# Report {n}\n\n"
    + "\n\n".join(f"Part {n}-{part}: the pump of station {n * part} was bled on day {part}." * 3 for part in range(40))
    for n in range(320)
}


class Says:
    """Progress that prints once when the first batch is done."""

    def __init__(self) -> None:
        self.tasks: list[str] = []
        self.done = 0

    def start(self, task: str, total: int | None = None) -> None:
        self.tasks.append(task)

    def step(self, task: str, done: int = 1) -> None:
        if not self.done and "read and embed" in task:
            print("under way", flush=True)
        self.done += done

    def end(self, task: str) -> None: ...


def _about(request: ChatRequest) -> str:
    """The last words of the chunk, as its context."""
    return " ".join(request.messages[1].content.split()[-6:-1])


def ingested(home: Path, address: str) -> dict[str, Any]:
    """What an ingest made: with real vectors of a few documents, and many documents with quick ones."""
    kernel, made = open_kernel(home), dict[str, Any]()
    compute = Local() if address == "local" else Ray(address=address)
    few, many = ("few", MiniLM(), DOCUMENTS, {"situate": {}}), ("many", Hashing(), {**MANY, "empty.md": ""}, {})
    for name, embed, files, more in (few, many):
        source, says = MemoryDocuments(files), Says()
        rag = build_rag(
            name, PipelineSpec.model_validate({"documents": "docs", **more}), kernel, embedder=embed.build(),
            embed=embed, chat={"writer": ScriptedChat(_about)}, prices={}, source=source, record=MemoryRuns(),
            compute=compute,
        )  # fmt: skip
        report = aio.run(rag.ingest(says if name == "many" else silent))
        chunks = sorted(str(chunk.ref) for info in rag.documents() for chunk in rag.chunks(info.version))
        rows = kernel.store.rows(
            "select text_sha256, vector from rag_embedding where model = ? order by text_sha256",
            (embed.build().ref.id,),
        )
        hits = aio.run(rag.retrieve("Which pump was bled on day 7?", top=5)).hits
        made[name] = {
            "index": str(report.ref), "chunks": sha256("".join(chunks).encode()).hexdigest(), "count": len(chunks),
            "embedded": report.embedded, "quarantined": source.quarantined,
            "contexts": report.situated.written if report.situated else 0,
            "vectors": sha256(b"".join(row["text_sha256"].encode() + bytes(row["vector"]) for row in rows)).hexdigest(),
            "hits": [[str(hit.chunk.ref), round(hit.score, 9)] for hit in hits],
            "where": [task for task in says.tasks if "read and embed" in task],
        }  # fmt: skip
        rag.close()
    kernel.store.close()
    return made


if __name__ == "__main__":
    print(json.dumps(ingested(Path(sys.argv[1]), sys.argv[2])), flush=True)
