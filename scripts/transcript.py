"""Renews the transcript in README.md: what the demo prints on its first run; `…` stands for what is cut."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "examples" / "handbook"
BEGIN, END = "<!-- transcript: scripts/transcript.py -->\n```text\n", "```\n<!-- end of transcript -->\n"
TREE = 17


def first_run() -> str:
    """The output of `mlwright up … --show` on a fresh workspace of the demo."""
    shutil.rmtree(DEMO / ".mlwright", ignore_errors=True)
    command = [str(Path(sys.executable).parent / "mlwright"), "up", "mlwright.yaml", "--show"]
    done = subprocess.run(
        command, cwd=DEMO, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "110"}
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines()) + "\n"


def shortened(output: str) -> str:
    """The beginning of the tree stands for all of it."""
    before, tree, after = re.split(r"(?m)^(?=why$|data   )", output, maxsplit=2)
    lines = tree.rstrip().splitlines()
    kept = lines[:TREE] + (["…"] if len(lines) > TREE else [])
    return before + "\n".join(kept) + "\n\n" + after


def main() -> None:
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    readme.write_text(text[:start] + shortened(first_run()) + text[end:], encoding="utf-8")


if __name__ == "__main__":
    main()
