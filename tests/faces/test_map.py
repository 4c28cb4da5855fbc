"""The map of an index over Python, HTTP and the command line: one and the same."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

import mlwright as mw
from faces.api_house import running
from mlwright.app import App
from mlwright.faces.api import make_api
from mlwright.faces.cli.main import cli

BLUEPRINT = """version: 1
system: {name: pumps}
models: {embed: {embedder: {use: hashing}}}
data: {sources: {docs: {use: files, path: docs}}}
rag: {plant: {documents: docs, retrieve: {min_score: 0.0}}}
serving: {endpoints: {answer: {handler: rag.plant}}}
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    (tmp_path / "docs").mkdir()
    for number in range(12):
        topic = ("The pump needs a seal.", "The canteen serves soup.", "The boiler burns gas.")[number % 3]
        (tmp_path / "docs" / f"{number}.md").write_text(f"# Note\n\n{topic} Remark {number}.\n", encoding="utf-8")
    (tmp_path / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
    with mw.open(tmp_path / "mlwright.yaml") as opened:
        opened.ingest()
        yield opened


def test_it_is_one_word_everywhere(app: App) -> None:
    found = app.map_index()
    assert sum(cluster.size for cluster in found.clusters) == len(found.points) == 12
    with running(make_api(app)) as url:
        over_http = httpx2.get(f"{url}/v1/index/map").json()
        assert httpx2.get(f"{url}/v1/index/map?pipeline=nowhere").status_code == 404
    said = CliRunner().invoke(cli, ["index", "map", "--file", str(app.path), "--json"])
    assert said.exit_code == 0
    assert json.loads(said.output) == over_http
    assert [point["chunk"] for point in over_http["points"]] == [str(point.chunk) for point in found.points]
    told = CliRunner().invoke(cli, ["index", "map", "--file", str(app.path)])
    assert "12 chunks in 2 clusters" in told.output
    assert "near duplicates:" in told.output
