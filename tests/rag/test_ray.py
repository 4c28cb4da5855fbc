"""Ray: an ingest on a real cluster of two nodes, one of which is lost on the way, is the ingest of one machine."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlwright.kernel.errors import MissingExtra
from mlwright.testing.ray_cluster import RayCluster, private_ray_cluster

DRIVER = Path(__file__).with_name("ray_driver.py")


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    try:
        with private_ray_cluster(2) as cluster:
            yield cluster
    except MissingExtra as error:
        pytest.skip(str(error))


def driver(home: Path, address: str, before: list[str], **more: Any) -> "subprocess.Popen[str]":
    command = [*before, sys.executable, str(DRIVER), str(home), address]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def told(process: "subprocess.Popen[str]") -> Any:
    said, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors[-4000:]
    return json.loads(said.splitlines()[-1])


def test_the_loss_of_a_node_changes_nothing(
    cluster: RayCluster, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("networks", "one for each node" if cluster.isolated else "all nodes on loopback")
    local = driver(tmp_path / "here", "local", [])
    there = driver(tmp_path / "there", cluster.address, cluster.command([]), env=dict(cluster.environment))
    assert there.stdout
    assert there.stdout.readline() == "under way\n", there.communicate(timeout=120)[1]
    cluster.kill(1)
    found, here = told(there), told(local)
    where = {name: found[name].pop("where") for name in found}
    assert where["many"] == ["read and embed many on 2 nodes of Ray with 2 CPUs"]
    assert [here[name].pop("where") for name in here] == [[], ["read and embed many"]]
    assert found == here
    assert (here["many"]["quarantined"], here["many"]["count"]) == ({"empty.md": "empty"}, here["many"]["embedded"])
    assert here["many"]["count"] > 1000
