"""Who needs a key, and what a server refuses to do without one."""

import base64
import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import httpx2
import pytest

from faces.api_house import client_of, small_app
from mlwright.faces.api import check_bind, serve
from mlwright.kernel.errors import Conflict, Refused, UserError
from mlwright.testing.handlers import ScriptedHandlers


def test_an_endpoint_with_auth_wants_a_key_even_on_loopback(tmp_path: Path) -> None:
    app = small_app(tmp_path, ScriptedHandlers(), auth="api_key")
    key = app.serving.keys.create("ci")
    with client_of(app) as client:
        refused = client.post("/v1/ask", json={"question": "q"})
        assert refused.status_code == 401 and "Bearer" in refused.headers["www-authenticate"]
        chat = {"model": "answer", "messages": [{"role": "user", "content": "q"}]}
        assert client.post("/v1/chat/completions", json=chat).json()["error"]["code"] == "no-key"
        for headers in ({"authorization": f"Bearer {key}"}, {"x-api-key": key}):
            assert client.post("/v1/ask", json={"question": "q"}, headers=headers).status_code == 200
        assert client.get("/v1/status").status_code == 200
    app.kernel.store.close()


def test_a_public_server_wants_a_key_for_everything_but_health(tmp_path: Path) -> None:
    app = small_app(tmp_path, ScriptedHandlers())
    key = app.serving.keys.create("ci")
    basic = base64.b64encode(f"me:{key}".encode()).decode()
    with client_of(app, host="0.0.0.0") as client:
        for path in ("/v1/status", "/metrics", "/openapi.json", "/", "/v1/models"):
            assert client.get(path).status_code == 401, path
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
        for value in (f"Bearer {key}", f"Basic {basic}"):
            assert client.get("/v1/status", headers={"authorization": value}).status_code == 200
        for value in (f"Bearer {key[:-1]}", "Bearer", "Basic ####", "Basic", f"bearer {'x' * 5000}"):
            assert client.get("/v1/status", headers={"authorization": value}).status_code == 401
        app.serving.keys.revoke("ci")
        assert client.get("/v1/status", headers={"authorization": f"Bearer {key}"}).status_code == 401
    app.kernel.store.close()


def test_a_public_address_without_a_key_is_refused(tmp_path: Path) -> None:
    app = small_app(tmp_path, ScriptedHandlers())
    for host in ("127.0.0.1", "localhost", "::1", "127.0.0.7"):
        check_bind(host, app.serving.keys)
    for host in ("0.0.0.0", "::", "192.168.1.2", ""):
        with pytest.raises(Refused, match="no API key"):
            check_bind(host, app.serving.keys)
    with pytest.raises(Refused):
        serve(app, "0.0.0.0", 0)  # type: ignore[arg-type]
    app.serving.keys.create("ci")
    check_bind("0.0.0.0", app.serving.keys)
    app.kernel.store.close()


def test_a_taken_port_and_a_foreign_address_say_what_to_do(tmp_path: Path) -> None:
    app = small_app(tmp_path, ScriptedHandlers())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Conflict, match="--port"):
            serve(app, "127.0.0.1", taken.getsockname()[1])  # type: ignore[arg-type]
    app.serving.keys.create("ci")
    with pytest.raises(UserError, match="cannot listen"):
        serve(app, "203.0.113.7", 0)  # type: ignore[arg-type]
    app.kernel.store.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_the_server_and_ends_the_process(tmp_path: Path, number: int) -> None:
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from faces.api_house import small_app
        from mlwright.faces.api import serve
        from mlwright.testing.handlers import ScriptedHandlers

        app = small_app(Path(sys.argv[1]), ScriptedHandlers(seconds=0.5))
        serve(app, "127.0.0.1", 0, ready=lambda url: print(url, flush=True))
        app.kernel.store.close()
        print("ended", flush=True)
    """)
    tests = str(Path(__file__).resolve().parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE, text=True, encoding="utf-8", env={**os.environ, "PYTHONPATH": tests},
    )  # fmt: skip
    with process, httpx2.Client(timeout=20) as client:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with client.stream("POST", f"{url}/v1/ask", json={"question": "q", "stream": True}) as response:
            process.send_signal(number)
            assert "event: done" in response.read().decode()
        assert process.stdout.readline() == "ended\n"
        assert process.wait(20) == 0
