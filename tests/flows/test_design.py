"""The design on the command line: drawings in every form."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

Cli = Callable[..., subprocess.CompletedProcess[str]]


def test_a_pipe_gets_mermaid_and_a_file_gets_svg(plant: Path, cli: Cli) -> None:
    text = cli(plant, "draw").stdout
    assert text.splitlines()[1] == "flowchart LR"
    assert max(map(len, text.splitlines())) > 80, "long lines stay whole"
    assert "▶" in cli(plant, "draw", "--view", "data", "--text").stdout
    assert cli(plant, "draw", "--svg", "plan.svg").stdout == "wrote plan.svg\n"
    assert 'href="mlwright.yaml#L' in (plant / "plan.svg").read_text(encoding="utf-8")
    wrong = cli(plant, "draw", "--view", "nonesuch", code=4).stderr
    assert "overview, data, serving, trust, deployment" in wrong


def test_all_views_go_to_a_folder(plant: Path, cli: Cli) -> None:
    written = json.loads(cli(plant, "draw", "--all", "--out", "pictures/now", "--json").stdout)["written"]
    assert len(written) == 10
    assert all((plant / path).stat().st_size for path in written)
    assert 'href="../../mlwright.yaml#L' in (plant / "pictures/now/trust.svg").read_text(encoding="utf-8")


def test_help_names_every_view(plant: Path, cli: Cli) -> None:
    from mlwright.architect import all_views

    said = " ".join(cli(plant, "draw", "--help").stdout.split())
    assert all(view.name in said for view in all_views())


def test_a_terminal_gets_boxes(plant: Path) -> None:
    main, side = pty.openpty()
    command = [sys.executable, "-m", "mlwright", "draw", "--view", "deployment"]
    child = subprocess.Popen(command, cwd=plant, stdout=side, env={**os.environ, "COLUMNS": "200"})
    os.close(side)
    said = b""
    with suppress(OSError):  # what reading says when the child has closed its side
        while more := os.read(main, 4096):
            said += more
    os.close(main)
    assert child.wait() == 0
    assert "│ mlwright serve" in said.decode()
