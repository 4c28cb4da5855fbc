"""Talks: a conversation through Python, the terminal and HTTP on a whole system."""

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import uvicorn

import mlwright as mw
from mlwright.faces.api import make_api
from mlwright.kernel.errors import NotFound
from mlwright.rag import Turn

SEAL = "How often is the mechanical seal replaced?"


def test_a_talk_in_python(app: mw.App) -> None:
    first = app.ask(SEAL, conversation="new", user="ann")
    assert first.conversation is not None
    second = app.ask("Why is it?", conversation=first.conversation, user="ann")
    assert second.asked == f"{SEAL} Why is it?"
    with pytest.raises(NotFound):
        app.ask("Why?", conversation=first.conversation)
    assert app.ask("Why is it?", history=[Turn(SEAL, first.text)]).asked == second.asked


def test_the_pages_show_each_key_its_own_talks(app: mw.App) -> None:
    ann, bob = ({"x-api-key": app.serving.keys.create(name)} for name in ("ann", "bob"))
    with running(app) as url, httpx2.Client(base_url=url, timeout=30) as client:
        said = client.post("/chat", data={"q": SEAL}, headers=ann)
        assert said.status_code == 303
        address, _, turn = said.headers["location"].partition("#")
        assert f'id="{turn}"' in client.get(address, headers=ann).text
        assert address in client.get("/chat", headers=ann).text
        fragment = f"{address}/{turn.removeprefix('turn-')}"
        assert client.get(fragment, headers=ann).status_code == 200
        for headers in (bob, {}):
            assert client.get(address, headers=headers).status_code == 404
            assert client.get(fragment, headers=headers).status_code == 404
            assert address not in client.get("/chat", headers=headers).text
            assert client.post(f"{address}/delete", headers=headers).status_code == 404
        answer = turn.removeprefix("turn-")
        other = client.post("/chat", data={"q": SEAL}, headers=ann).headers["location"].partition("#")[0]
        assert client.get(f"{other}/{answer}", headers=ann).status_code == 404, "an answer of another talk"
        assert client.post(f"{address}/delete", headers=ann).status_code == 303
        assert client.get(address, headers=ann).status_code == 404
        assert client.get(f"/answers/{answer}").status_code == 404
        assert client.post("/chat", data={"q": " "}, headers=ann).status_code == 400


@contextmanager
def running(app: mw.App) -> Iterator[str]:
    """The API on a free port; its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(make_api(app), log_level="critical", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            listener.listen()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def test_a_talk_over_http(app: mw.App) -> None:
    with running(app) as url, httpx2.Client(base_url=url, timeout=30) as client:
        first = client.post("/v1/ask", json={"question": SEAL, "conversation": "new", "user": "ann"}).json()
        talk = first["conversation"].removeprefix("conversation:")
        again = {"question": "Why is it?", "conversation": first["conversation"], "user": "ann"}
        second = client.post("/v1/ask", json=again).json()
        assert second["asked"].startswith(SEAL)
        kept = client.get(f"/v1/conversations/{talk}?user=ann").json()
        assert [turn["answer"] for turn in kept["turns"]] == [first["answer"], second["answer"]]
        assert [one["title"] for one in client.get("/v1/conversations?user=ann").json()] == [SEAL]
        assert client.get(f"/v1/conversations/{talk}").status_code == 404
        assert client.delete(f"/v1/conversations/{talk}?user=ann").status_code == 204
        assert client.get(f"/v1/conversations/{talk}?user=ann").status_code == 404
        assert client.get(f"/v1/answers/{first['answer'].removeprefix('answer:')}").status_code == 404


def chat(folder: Path, said: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mlwright", "chat", *words], cwd=folder, input=said, capture_output=True, text=True,
        timeout=120, check=True,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.stdout


def test_a_talk_on_the_terminal(standing: Path) -> None:
    said = chat(standing, f"/why\n{SEAL}\nWhy is it?\n/why\n/turns\n/nonsense\n/new\n/turns\n{SEAL}\n/quit\n")
    assert said.count("error: nothing was asked yet") == 2
    assert "error: there is no /nonsense" in said
    assert "pumps.md" in said
    [talk] = re.findall(r"to go on: mlwright chat --conversation (conversation:\w+)", said)
    again = chat(standing, "Why is it?\n", "--conversation", talk)
    assert again.index(SEAL) < again.index("tokens")
