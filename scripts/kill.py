"""Kills `mlwright up` on the demo at random moments; one more run must then end in the same index and answer.

python scripts/kill.py 30
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "How does mlwright trace an answer back to its source?"
COMMAND = [str(Path(sys.executable).parent / "mlwright"), "up", "mlwright.yaml", "--json", "--ask", QUESTION]


def workspace(folder: Path) -> Path:
    """A copy of the demo and its documents, without a workspace."""
    shutil.copytree(ROOT / "docs", folder / "docs")
    demo = folder / "examples" / "handbook"
    shutil.copytree(ROOT / "examples" / "handbook", demo, ignore=shutil.ignore_patterns(".mlwright"))
    return demo


def outcome(demo: Path) -> tuple[object, ...]:
    """What must be the same however often it was killed: index, chunks, answer text and citations."""
    done = subprocess.run(COMMAND, cwd=demo, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the run after the kill failed with {done.returncode}:\n{done.stderr}")
    said = json.loads(done.stdout)
    answer = said["answer"]
    chunks = [index["chunks"] for index in said["up"]["indexes"]]
    return answer["index"], chunks, answer["text"], [(c["chunk"], c["characters"]) for c in answer["citations"]]


def kill_once(demo: Path, after: float) -> float | None:
    """Start a run and kill it and its children after so many seconds; how long it took where it had ended before."""
    start = time.monotonic()
    run = subprocess.Popen(
        COMMAND, cwd=demo, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        run.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        return None
    return time.monotonic() - start


def main(times: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clean = workspace(Path(folder) / "clean")
        start = time.monotonic()
        expected = outcome(clean)
        length = time.monotonic() - start
        print(f"a whole run takes {length:.1f} s; index {expected[0]}")
        killed = done = 0
        while done < times:
            demo = workspace(Path(folder) / "try")
            before = killed
            for _ in range(random.randint(1, 3)):
                took = kill_once(demo, random.uniform(0.1, length))
                if took is not None:  # the machine is quicker now: nothing was disturbed
                    length = min(length, took)
                    break
                killed += 1
            if killed > before:
                done += 1
                if outcome(demo) != expected:
                    sys.exit(f"try {done}: the outcome differs from that of a clean run, see {demo}")
                print(f"try {done} of {times}: {killed - before} kills, same index, same answer", flush=True)
            shutil.rmtree(demo.parent.parent)
        print(f"{times} workspaces, {killed} kills in the middle of the work: {times} passed, 0 failed")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
