"""CPU seconds of load + check + plan of the clean example in a fresh process, imports included. Goal: under 0.5 s."""

import statistics
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "blueprints" / "support.yaml"
CODE = """
import sys, time
from mlwright.blueprint import load
from mlwright.architect import check, plan
blueprint = load(sys.argv[1], secrets=False)
loaded = time.process_time()
check(blueprint)
plan(blueprint)
print(loaded, time.process_time())
"""


def measured() -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", CODE, str(EXAMPLE)], capture_output=True, text=True, check=True)
    loaded, whole = map(float, done.stdout.split())
    return loaded, whole


def main() -> None:
    runs = [measured() for _ in range(9)]
    print("| work | median CPU s | spread | goal |\n|---|--:|--:|--:|")
    for name, at, goal in (("interpreter, imports, load", 0, "-"), ("the same with check and plan", 1, "0.5")):
        values = [run[at] for run in runs]
        print(f"| {name} | {statistics.median(values):.3f} | {min(values):.3f}-{max(values):.3f} | {goal} |")


if __name__ == "__main__":
    main()
