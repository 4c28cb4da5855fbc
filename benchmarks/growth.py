"""Size of the embedded index under many small changes: single upserts, each a change of its own.

    python benchmarks/growth.py [--entries 2000] [--upserts 10000] [--folder FOLDER]

Prints the largest size in times that of the live entries, looked at every 100 upserts, and the size after `prune`. Each
upsert is synced to the disk; with a `--folder` in memory (as /dev/shm) it takes a tenth of the time.
"""

import argparse
import tempfile
from pathlib import Path

from retrieval import entries, vectors

from mlwright.rag.indexes.embedded import Config

DIMS = 384


def size(home: Path) -> int:
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=2000)
    parser.add_argument("--upserts", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    rows, points = entries(options.entries, 1), vectors(options.entries, DIMS, 1)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        home = Path(folder) / "index"
        index = Config().build(home, DIMS)
        index.apply(1, rows, points, [])
        index.prune()
        live, most = size(home), 1.0
        for number in range(1, options.upserts + 1):
            one = number % options.entries
            index.apply(number + 1, rows[one : one + 1], points[one : one + 1], [])
            if number % 100 == 0:
                most = max(most, size(home) / live)
        index.prune()
        wrong, after = index.verify(), size(home) / live
        index.close()
    print(f"{options.upserts:,} single upserts into {options.entries:,} entries of {live / 1e6:.1f} MB")
    print(f"at most {most:.2f} times the live size, {after:.2f} after prune, {len(wrong)} findings of verify; goal: 2")


if __name__ == "__main__":
    main()
