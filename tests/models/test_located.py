"""Models of a folder: a relative path starts at the blueprint's folder, from wherever the program is started."""

import pickle
import shutil
from pathlib import Path

import pytest

import mlwright
from mlwright.blueprint import Blueprint, from_release, from_text, load
from mlwright.models import Located
from mlwright.models.embed.static import Config as Static
from mlwright.testing.embedders import DIMS, write_onnx_embedder, write_static_embedder

MODELS = """
  embed: {embedder: {use: static, model: models/small}, other: {use: onnx, model: ./models/graph}}
  rerank: {reranker: {use: cross_encoder, model: models/pairs}}
"""
BLUEPRINT = f"""version: 1
system: {{name: notes, risk: minimal}}
models:{MODELS}
data: {{sources: {{docs: {{use: files, path: "docs/*.md"}}}}}}
rag: {{notes: {{documents: docs}}}}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A blueprint beside its models, seen from elsewhere."""
    home = tmp_path / "home"
    (home / "docs").mkdir(parents=True)
    (home / "docs" / "pumps.md").write_text("The relief valve is tested.\n", encoding="utf-8")
    write_static_embedder(home / "models" / "small")
    write_onnx_embedder(home / "models" / "graph")
    (home / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return home


def names(blueprint: Blueprint) -> list[str]:
    return [str(part.build().ref) for part in blueprint.models.embed.values()]


def test_facts_and_models_are_found_from_elsewhere(home: Path) -> None:
    blueprint = load("../home/mlwright.yaml")
    assert [part.facts().dims for part in blueprint.models.embed.values()] == [DIMS, DIMS]
    reranker = blueprint.models.rerank["reranker"]
    assert isinstance(reranker, Located)
    assert reranker.place == home / "models" / "pairs"
    again = from_release(blueprint.as_release(), folder=blueprint.folder)
    assert names(again) == names(blueprint) == names(from_text(BLUEPRINT, home / "mlwright.yaml"))
    assert [pickle.loads(pickle.dumps(part)).facts().dims for part in blueprint.models.embed.values()] == [DIMS, DIMS]


def test_documents_are_embedded_from_elsewhere(home: Path) -> None:
    with mlwright.open(home / "mlwright.yaml") as app:
        app.ingest()
        assert app.retrieve("valve").hits
        assert str(app.rag["notes"].embedder_ref).startswith("model:static@")


def test_a_system_keeps_its_names_where_it_moves(home: Path) -> None:
    moved = shutil.copytree(home, home.with_name("moved"))
    before, after = load(home / "mlwright.yaml"), load(moved / "mlwright.yaml")
    assert (before.ref, names(before)) == (after.ref, names(after))
    assert "models/small" in before.resolved()
    assert str(home) not in before.resolved()


def test_a_part_that_goes_elsewhere_names_its_folder_in_full(home: Path) -> None:
    blueprint = load(home / "mlwright.yaml")
    small, pairs = blueprint.models.embed["embedder"], blueprint.models.rerank["reranker"]
    assert isinstance(small, Located)
    assert isinstance(pairs, Located)
    assert Static.model_validate({**small.model_dump(), **small.whereabouts}).facts().dims == DIMS
    assert pairs.whereabouts == {}, "it may be the name of a published model"
