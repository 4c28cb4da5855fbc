"""A small composition for tests of the API: real kernel, real serving over a scripted release, and a real server."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import uvicorn
from fastapi import FastAPI

from mlwright.blueprint import Blueprint, load
from mlwright.faces.api import make_api
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import Conflict, NotFound
from mlwright.kernel.ids import Ref
from mlwright.kernel.open import open_kernel
from mlwright.rag import Conversations
from mlwright.serving import Feedback, Serving, ServingSpec, Traffic, build_serving
from mlwright.testing.handlers import ScriptedHandlers

BLUEPRINT = """version: 1
system: {name: small}
data: {sources: {docs: {use: files, path: "docs/*.md"}}}
rag: {docs: {documents: docs}}
serving: {endpoints: {answer: {handler: rag.docs}}}
"""
OLD, NEW = Ref("release", "old"), Ref("release", "new")


class NoPipeline:
    """Stands where RAG stands, with nothing indexed."""

    async def retrieve(self, question: str, *, top: int | None = None, **more: object) -> object:
        return {"question": question, "hits": [], "top": top}

    def documents(self) -> list[object]:
        return []

    def document(self, ref: Ref) -> object:
        raise NotFound(f"there is no document {ref}")

    def chunks(self, version: Ref) -> list[object]:
        return []


class NoRuns:
    def run(self, ref: Ref) -> object:
        raise NotFound(f"there is no {ref}")


@dataclass
class SmallApp:
    """The surface of `mlwright.app.App` that the API calls."""

    kernel: Kernel
    serving: Serving
    blueprint: Blueprint
    """What the pages draw; it serves nothing here."""
    tracking: NoRuns = field(default_factory=NoRuns)

    def working(self) -> AbstractContextManager[object]:
        return nullcontext()

    def default_endpoint(self) -> str:
        return "answer"

    def pipeline(self, name: str = "") -> NoPipeline:
        if name not in ("", "docs"):
            raise NotFound(f"there is no pipeline {name!r}", hint="it has: docs")
        return NoPipeline()

    @property
    def conversations(self) -> Conversations:
        return Conversations(self.kernel, 3600.0)

    def ingest(self) -> tuple[Sequence[object], Sequence[object]]:
        return [], []

    def eval(self, gate: str = "") -> list[object]:
        return []

    def promote(self, endpoint: str = "", why: str = "") -> Traffic:
        return self.serving.promote(endpoint or "answer", why)

    def rollback(self, endpoint: str = "", why: str = "") -> Traffic:
        return self.serving.rollback(endpoint or "answer", why)

    def feedback(self, answer: str, score: int, comment: str = "") -> Feedback:
        return self.serving.feedback(Ref.parse(answer), score, comment)

    def answer(self, ref: Ref) -> object:
        raise NotFound(f"there is no {ref}")

    def runs(self, limit: int = 100, kind: str | None = None) -> list[object]:
        return []

    def why(self, ref: str) -> object:
        return self.kernel.lineage.up(Ref.parse(ref))

    def blast(self, ref: str) -> object:
        return self.kernel.lineage.down(Ref.parse(ref))

    def status(self) -> object:
        return {"endpoints": {"answer": self.serving.report("answer")}}


def small_app(home: Path, handlers: ScriptedHandlers, **endpoint: object) -> SmallApp:
    """An app with the endpoint `answer`, whose release OLD is deployed."""
    kernel = open_kernel(home)
    limits = {"rate": "100k/s", "retries": 0, **dict(endpoint.pop("limits", {}))}  # type: ignore[call-overload]
    spec = ServingSpec.model_validate({"endpoints": {"answer": {"handler": "rag.docs", "limits": limits, **endpoint}}})

    def gate(name: str, release: Ref) -> None:
        raise Conflict("unused")

    serving = build_serving(spec, kernel, handlers=handlers, gate=gate)
    for release in (OLD, NEW):
        serving.add_release(release, blueprint_json="{}", note=release.id)
    serving.deploy("answer", OLD)
    file = home / "mlwright.yaml"
    file.write_text(BLUEPRINT, encoding="utf-8")
    return SmallApp(kernel, serving, load(file))


@contextmanager
def running(api: FastAPI) -> Iterator[str]:
    """A real server on a free port of loopback; its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(api, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def client_of(app: SmallApp, *, host: str = "127.0.0.1", max_body: int = 1_000_000) -> Iterator[httpx2.Client]:
    """A client of a running server for an app."""
    api = make_api(app, host=host, max_body=max_body)  # type: ignore[arg-type]
    with running(api) as url, httpx2.Client(base_url=url, timeout=20) as client:
        yield client
