"""A real Ray cluster of one's own for the length of a test run: each node in a network of its own, where that may be.

@pytest.fixture(scope="session")
def cluster() -> Iterator[RayCluster]:
    with private_ray_cluster() as cluster:
        yield cluster

Every node is a set of processes in a network namespace (`ip netns`, which needs root and iproute2); the namespaces are
joined by a bridge in that of the head, and reach nothing else. Where namespaces are not permitted, the nodes stand side
by side on the loopback interface, and `isolated` is False. Drivers run inside: `cluster.command([...])` gives the words
that start a program in the network of the head. Nodes are killed as a power cut would kill them.
"""

import contextlib
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mlwright.kernel.errors import ProviderError
from mlwright.kernel.parts import need

_STARTED = "Ray runtime started"
_START_SECONDS = 90.0
_NETWORK = "10.83.17"
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_health_check_initial_delay_ms": "0",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "3",
}
"""Nothing is reported to anybody, and a dead node is noticed within seconds."""


@dataclass(slots=True)
class Node:
    """One node: its address, the words before a command that runs in its network, and its first process."""

    address: str
    inside: tuple[str, ...]
    process: "subprocess.Popen[str]"
    reader: threading.Thread
    lines: "queue.Queue[str | None]"
    said: list[str] = field(default_factory=list)

    def kill(self) -> None:
        """End every process of the node at once; more than once is no harm."""
        for pid in _family(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join()
        if self.process.stdout:
            self.process.stdout.close()


@dataclass(frozen=True, slots=True)
class RayCluster:
    """`address` is for programs on a node (`host:port`), `client` for Ray's client (`ray://host:port`)."""

    nodes: tuple[Node, ...]
    address: str
    client: str
    isolated: bool
    """Whether each node has a network of its own; else they share the loopback interface."""
    environment: Mapping[str, str]

    def command(self, words: Sequence[str]) -> list[str]:
        """The words that run a program in the network of the head."""
        return [*self.nodes[0].inside, *words]

    def kill(self, number: int) -> None:
        """Pull the plug of a node; number 0 is the head."""
        self.nodes[number].kill()


@contextmanager
def private_ray_cluster(nodes: int = 2, *, cpus: int = 1, store: int = 80 << 20) -> Iterator[RayCluster]:
    """Start `nodes` nodes of `cpus` CPUs with `store` bytes of shared objects each, and end them all afterwards.

    Raises MissingExtra without Ray, ProviderError with what Ray said where a node does not start."""
    need("ray", "ray")
    with ExitStack() as ending:
        folder = Path(tempfile.mkdtemp(prefix="mlr-", dir="/tmp" if Path("/tmp").is_dir() else None))  # noqa: S108 - sockets have short paths
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        networks = _networks(nodes, ending)
        isolated = networks is not None
        inside = networks or [((), "127.0.0.1")] * nodes
        port, client = (6379, 10001) if isolated else (_free_port(), _free_port())
        environment = {**os.environ, **_ENVIRONMENT}
        head = inside[0][1]
        started: list[Node] = []
        ending.callback(_kill_all, started)
        for number, (words, address) in enumerate(inside):
            start = (
                ["--head", f"--port={port}", f"--ray-client-server-port={client}", "--include-dashboard=false",
                 f"--temp-dir={folder}"]
                if number == 0
                else [f"--address={head}:{port}"]
            )  # fmt: skip
            started.append(_start(words, address, [*start, f"--num-cpus={cpus}"], store, environment))
        for node in started:
            _wait(node)
        yield RayCluster(tuple(started), f"{head}:{port}", f"ray://{head}:{client}", isolated, environment)


def _kill_all(nodes: Sequence[Node]) -> None:
    for node in nodes:
        node.kill()


def _start(
    inside: tuple[str, ...], address: str, options: Sequence[str], store: int, environment: Mapping[str, str]
) -> Node:
    ray = Path(sys.executable).parent / "ray"
    command = [
        *inside, str(ray), "start", "--block", "--disable-usage-stats", f"--node-ip-address={address}",
        f"--object-store-memory={store}", *options,
    ]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 - our own words
        command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    return Node(address, inside, process, reader, lines)


def _wait(node: Node) -> None:
    """Until the node says that it stands. Its output is read to the end by its thread, so that it never blocks."""
    while True:
        try:
            line = node.lines.get(timeout=_START_SECONDS)
        except queue.Empty:
            line = None
        if line is None:
            raise ProviderError(
                f"the Ray node {node.address} did not start: {''.join(node.said)[-2000:]}", hint="read its words above"
            )
        node.said.append(line)
        if _STARTED in line:
            return


def _networks(nodes: int, ending: ExitStack) -> list[tuple[tuple[str, ...], str]] | None:
    """For each node the words that run something in its namespace, and its address; None where that is not permitted.
    The namespaces are gone when `ending` ends, and the interfaces with them."""
    if shutil.which("ip") is None:
        return None
    names = [f"mlwright-{os.getpid()}-{number}" for number in range(nodes)]
    try:
        for name in names:
            _ip("netns", "add", name)
            ending.callback(_ip, "netns", "delete", name)
            _ip("-n", name, "link", "set", "lo", "up")
        head = names[0]
        _ip("-n", head, "link", "add", "name", "bridge0", "type", "bridge")
        _ip("-n", head, "addr", "add", f"{_NETWORK}.1/24", "dev", "bridge0")
        _ip("-n", head, "link", "set", "bridge0", "up")
        for number, name in enumerate(names[1:], start=2):
            port = f"node{number}"
            _ip("link", "add", port, "netns", head, "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("-n", head, "link", "set", port, "master", "bridge0", "up")
            _ip("-n", name, "addr", "add", f"{_NETWORK}.{number}/24", "dev", "eth0")
            _ip("-n", name, "link", "set", "eth0", "up")
    except subprocess.CalledProcessError:
        return None
    return [(("ip", "netns", "exec", name), f"{_NETWORK}.{number}") for number, name in enumerate(names, start=1)]


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)  # noqa: S603, S607 - our own words


def _free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port: int = some.getsockname()[1]
        return port


def _family(pid: int) -> list[int]:
    """A process and all below it, the parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found.extend(children.get(one, ()))
    return found
