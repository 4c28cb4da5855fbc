"""A server of the S3 protocol of one's own for the length of a test run (moto, in its own process, on loopback)."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from mlwright.kernel.errors import MissingExtra, ProviderError

_START_S = 60
_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


@contextmanager
def private_s3() -> Iterator[str]:
    """Start it and give its endpoint. Meanwhile the environment holds keys that it accepts.

    Raises MissingExtra without moto. It is no test of durability: it keeps everything in memory.
    """
    if importlib.util.find_spec("moto") is None:
        raise MissingExtra("moto is not installed", hint='pip install "moto[server]"')
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    before = {key: os.environ.get(key) for key in _KEYS}
    os.environ.update(_KEYS)
    server = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(server, endpoint)
        yield endpoint
    finally:
        server.terminate()
        server.wait(30)
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


def make_bucket(endpoint: str, bucket: str) -> None:
    """Make an empty bucket on a server of `private_s3`."""
    request = urllib.request.Request(f"{endpoint}/{bucket}", method="PUT")  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310
        pass


def _wait(server: "subprocess.Popen[bytes]", endpoint: str) -> None:
    end = time.monotonic() + _START_S
    while server.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{endpoint}/moto-api/", timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise ProviderError(f"moto did not start at {endpoint}", hint="run python -m moto.server and read what it says")
