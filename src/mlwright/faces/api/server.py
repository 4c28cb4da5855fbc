"""Runs the API: on the loop of the process, until Ctrl-C or SIGTERM; running requests are finished first."""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.types import ASGIApp

from mlwright.faces.api.keys import check_bind
from mlwright.faces.api.making import make_api
from mlwright.kernel import aio
from mlwright.kernel.errors import Conflict, UserError

if TYPE_CHECKING:
    from mlwright.app import App

_DRAIN_S = 30
_WAKE_S = 0.2
_log = logging.getLogger("mlwright.api")


def _ignore(url: str) -> None:
    """Where nobody waits for the server."""


def serve(
    app: "App",
    host: str = "127.0.0.1",
    port: int = 8700,
    *,
    ready: Callable[[str], None] = _ignore,
    asgi: ASGIApp | None = None,
    access_log: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM, then let running requests finish (at most 30 s). Blocks.

    `ready` gets the URL once it answers; port 0 takes a free one. `asgi` is served instead of `make_api(app)`. Raises
    Conflict where the port is taken, UserError for an address of another machine, Refused for a public one without a
    key. Jobs of the workspace are worked off meanwhile. Everything else runs on the one loop of the process, since
    connections to models belong to it.
    """
    check_bind(host, app.serving.keys)
    with _listening(host, port) as listener:
        server = _server(asgi or make_api(app, host=host), access_log=access_log)
        with app.working(), _signals(server):
            _wait_for(_run(server, listener, lambda: ready(_url(host, listener.getsockname()[1]))))


def _server(asgi: ASGIApp, *, access_log: bool) -> uvicorn.Server:
    config = uvicorn.Config(
        asgi,
        access_log=access_log,
        log_level="info" if access_log else "warning",
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_DRAIN_S,
        timeout_keep_alive=15,
    )
    return uvicorn.Server(config)


async def _run(server: uvicorn.Server, listener: socket.socket, ready: Callable[[], None]) -> None:
    serving = asyncio.ensure_future(server.serve([listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        ready()
    await serving


def _wait_for(work: Coroutine[Any, Any, None]) -> None:
    """Run on the loop of the process, and wake up often: a waiting main thread can miss the moment of a signal."""
    with ThreadPoolExecutor(1, thread_name_prefix="mlwright-serve") as waiter:
        ended = waiter.submit(aio.run, work)
        while not wait([ended], timeout=_WAKE_S).done:
            pass
        ended.result()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A bound socket. Raises Conflict or UserError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            if error.errno in (13, 98, 48, 10013, 10048):  # EACCES, EADDRINUSE on Linux, macOS, Windows
                hint = "choose another one with --port, or 0 for any free one"
                raise Conflict(f"port {port} of {host} is taken or not allowed: {error.strerror}", hint=hint) from error
            hint = "use 127.0.0.1 for this machine only, or 0.0.0.0 for all its addresses"
            raise UserError(f"cannot listen on {host}: {error.strerror}", hint=hint) from error
        yield listener


@contextmanager
def _signals(server: uvicorn.Server) -> Iterator[None]:
    """The first signal drains the server, a second Ctrl-C ends it at once; afterwards the old handlers are back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        server.handle_exit(number, frame)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
