"""A workspace with serving over a scripted release."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.ids import Ref
from mlwright.kernel.open import open_kernel
from mlwright.serving import EndpointSpec, Event, Request, Serving, ServingSpec, build_serving
from mlwright.testing.handlers import ScriptedHandlers

OLD, NEW = Ref("release", "old"), Ref("release", "new")


def open_gate(gate: str, release: Ref) -> None:
    """Everybody may pass."""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def kernel(tmp_path: Path, clock: ManualClock) -> Iterator[Kernel]:
    kernel = open_kernel(tmp_path / "home", clock=clock)
    yield kernel
    kernel.store.close()


@pytest.fixture
def handlers() -> ScriptedHandlers:
    return ScriptedHandlers()


class House:
    """Serving with one endpoint `answer`, whose release OLD is deployed."""

    def __init__(self, kernel: Kernel, handlers: ScriptedHandlers) -> None:
        self.kernel, self.handlers = kernel, handlers

    def serving(self, gate: Callable[[str, Ref], None] = open_gate, **endpoint: object) -> Serving:
        spec = EndpointSpec.model_validate({"handler": "rag.docs", **endpoint})
        serving = build_serving(ServingSpec(endpoints={"answer": spec}), self.kernel, handlers=self.handlers, gate=gate)
        for release in (OLD, NEW):
            serving.add_release(release, blueprint_json="{}", note=release.id, commit="c0ffee")
        serving.deploy("answer", OLD)
        return serving


@pytest.fixture
def house(kernel: Kernel, handlers: ScriptedHandlers) -> House:
    return House(kernel, handlers)


async def events_of(
    serving: Serving, question: str = "why?", *, user: str = "", key: str = "", **more: Any
) -> list[Event]:
    async with aclosing(serving.call("answer", Request(question, user, **more), key=key)) as events:
        return [event async for event in events]


async def done_of(serving: Serving, question: str = "why?", **more: Any) -> dict[str, object]:
    return dict((await events_of(serving, question, **more))[-1].data)


def run(work: Awaitable[object]) -> object:
    async def main() -> object:
        return await work

    return asyncio.run(main())
