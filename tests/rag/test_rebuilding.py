"""A changed chunker or model builds its index beside the old one, which goes on answering until the new one is whole."""

import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import pytest

from mlwright.kernel import aio
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound
from mlwright.kernel.open import open_kernel
from mlwright.models.embed.hashing import Config as Hashing
from mlwright.rag import PipelineSpec, Rag, build_rag
from mlwright.testing.documents import MemoryDocuments, MemoryRuns

FILES = {
    f"{number:03}.md": f"# Document {number}"
    + "".join(f"\n\n## Part {part}\n\nAbout {number} and {part}." for part in range(3))
    for number in range(40)
}
QUESTION = "document 12 part 2"
OLD, NEW = {"by": "fixed", "tokens": 60}, {"by": "fixed", "tokens": 20}


def opened(kernel: Kernel, chunk: dict[str, object], dims: int = 256) -> Rag:
    """The same pipeline and documents, cut and embedded in one way or another."""
    spec = PipelineSpec.model_validate({"documents": "docs", "chunk": chunk, "retrieve": {"cache": 0}})
    return build_rag(
        "support", spec, kernel, embedder=Hashing(dims=dims).build(), chat={}, prices={},
        source=MemoryDocuments(FILES), record=MemoryRuns(),
    )  # fmt: skip


def found(rag: Rag) -> tuple[str, list[tuple[str, float]]]:
    """What a question finds, and in which index."""
    got = aio.run(rag.retrieve(QUESTION, top=20))
    return str(got.index), [(str(hit.chunk.ref), hit.score) for hit in got.hits]


@pytest.mark.parametrize(("chunk", "dims"), [(NEW, 256), (OLD, 128)], ids=["chunker", "model"])
def test_readers_see_the_old_index_until_the_new_one_is_whole(
    kernel: Kernel, chunk: dict[str, object], dims: int
) -> None:
    old, new = opened(kernel, OLD), opened(kernel, chunk, dims)
    aio.run(old.ingest())
    before, ended = found(old), threading.Event()
    seen_of_old, seen_of_new, failed = [before], [], []

    def read() -> None:
        while not ended.is_set():
            try:
                seen_of_old.append(found(old))
                seen_of_new.append(found(new))
            except NotFound:
                continue  # it is not there yet
            except BaseException as error:
                failed.append(error)
                return

    reader = threading.Thread(target=read)
    reader.start()
    report = aio.run(new.ingest())
    ended.set()
    reader.join()
    assert failed == []
    whole = found(new)
    assert whole[0] == str(report.ref) != before[0]
    assert all(one == before for one in seen_of_old)
    assert all(one == whole for one in seen_of_new)
    assert found(old) == before
    assert old.verify() == new.verify() == []
    for rag in (old, new):
        rag.close()


_CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_rebuilding import NEW, opened
from mlwright.kernel import aio
from mlwright.kernel.open import open_kernel
kernel = open_kernel(Path(sys.argv[1]))
rag = opened(kernel, NEW)
print("ready", flush=True)
aio.run(rag.ingest())
rag.close()
kernel.store.close()
"""


def rebuild(home: Path, seconds: float | None) -> None:
    """In a process of its own, which is killed after `seconds` of the ingest."""
    command = [sys.executable, "-c", _CHILD, str(home), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        try:
            assert child.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            child.kill()


def test_killed_while_it_rebuilds_the_old_index_answers_and_the_next_run_ends_it(tmp_path: Path) -> None:
    random, home = Random(3), tmp_path / "home"
    kernel = open_kernel(home)
    old = opened(kernel, OLD)
    aio.run(old.ingest())
    before = found(old)
    for _ in range(3):
        rebuild(home, random.uniform(0.02, 0.6))
        assert found(old) == before
    rebuild(home, None)
    new = opened(kernel, NEW)
    assert aio.run(new.ingest()).embedded == 0
    assert found(old) == before
    assert old.verify() == new.verify() == []
    with_new = found(new)
    for rag in (old, new):
        rag.close()
    kernel.store.close()
    unbroken = open_kernel(tmp_path / "unbroken")
    alone = opened(unbroken, NEW)
    aio.run(alone.ingest())
    assert found(alone) == with_new
    alone.close()
    unbroken.store.close()
