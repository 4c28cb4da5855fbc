"""Language models on this machine are found by asking, and nothing else is asked."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import mlwright as mw
from mlwright.app.doctor import diagnose, extras
from mlwright.app.servers import model_servers
from mlwright.app.starting import blueprint_for
from mlwright.blueprint import load
from mlwright.kernel.errors import NotFound, UserError
from mlwright.testing.openai_server import OpenAiServer

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_server_is_found_with_its_models_and_silent_ones_are_left_out() -> None:
    with OpenAiServer(model="llama3.2") as server:
        (found,) = model_servers([server.url, "http://127.0.0.1:9/v1", "http://example.com/v1", " "])
        assert found.base_url == server.url
        assert found.models == ("llama3.2",)
        assert f'base_url: "{server.url}"' in found.setting
        assert server.seen == [], "no prompt was sent"


def test_models_that_only_embed_are_no_offer() -> None:
    with OpenAiServer(model="nomic-embed-text") as server:
        assert model_servers([server.url]) == []


def test_doctor_and_the_first_up_say_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Pumps\n\nPump 7 stands in hall 3.\n", encoding="utf-8")
    mlwright = [sys.executable, "-m", "mlwright"]
    with OpenAiServer(model="llama3.2") as server:
        here = {**os.environ, "MLWRIGHT_MODEL_SERVERS": server.url}
        up = subprocess.run([*mlwright, "up", "docs", "--no-serve"], cwd=tmp_path, env=here, capture_output=True,
                            text=True, check=True)  # fmt: skip
        assert server.url in up.stdout
        assert not any("chat" in seen.path for seen in server.seen), "an offer is not accepted by itself"
        doctor = subprocess.run([*mlwright, "doctor", "--json"], cwd=tmp_path, env=here, capture_output=True, text=True)
        facts = json.loads(doctor.stdout)["facts"]
        assert any(fact["name"] == "language model" and "llama3.2" in fact["remedy"] for fact in facts)


def test_a_writer_is_taken_only_where_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Pumps\n\nPump 7 stands in hall 3.\n", encoding="utf-8")
    with OpenAiServer(model="llama3.2") as server:
        monkeypatch.setenv("MLWRIGHT_MODEL_SERVERS", server.url)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(NotFound, match="has the language model 'gpt-9'") as none:
            blueprint_for(Path("docs"), "gpt-9")
        assert "llama3.2" in none.value.hint
        for named in ("auto", "llama3.2"):
            file, derived = blueprint_for(Path("docs"), named)
            assert derived
            writer = load(file).models.chat["writer"].model_dump()
            assert (writer["model"], writer["base_url"]) == ("llama3.2", server.url)
            assert "# " in file.read_text(encoding="utf-8"), "comments stay"
            with mw.open(file) as app:
                assert str(app.pipeline().model_ref()).endswith("llama3.2"), "it writes the answers"
            with pytest.raises(UserError, match="is there already"):
                blueprint_for(file, named)
            file.unlink()
    monkeypatch.setenv("MLWRIGHT_MODEL_SERVERS", "http://127.0.0.1:9/v1")
    with pytest.raises(NotFound, match="no language model runs here"):
        blueprint_for(Path("docs"), "auto")


def test_extras_are_those_of_the_package() -> None:
    """Also those that bring no package that others lack, and none that was forgotten here."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    found = extras()
    assert {"local", "s3", "postgresql"} <= found.keys() <= declared.keys()
    assert {"numpy", "tantivy", "onnxruntime"} <= set(found["local"])
    facts = {fact.name: fact for fact in diagnose(Path("mlwright.yaml"), 8700).facts}
    assert {f"extra {name}" for name in found} <= facts.keys()
    assert facts["extra local"].state == "good"
