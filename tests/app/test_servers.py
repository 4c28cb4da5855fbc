"""Language models on this machine are found by asking, and nothing else is asked."""

import json
import os
import subprocess
import sys
from pathlib import Path

from mlwright.app.servers import model_servers
from mlwright.testing.openai_server import OpenAiServer


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
