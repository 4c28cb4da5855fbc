"""Pages a second of pypdf on the PDF files that are named on standard input, one a line: the best of three rounds."""

import io
import logging
import sys
import time
from pathlib import Path

import pypdf

logging.disable(logging.CRITICAL)


def pages(source: bytes) -> int:
    count = 0
    for page in pypdf.PdfReader(io.BytesIO(source)).pages:
        page.extract_text()
        count += 1
    return count


def main() -> None:
    sources = [Path(line).read_bytes() for line in sys.stdin.read().splitlines()]
    seconds, count = [], 0
    for _ in range(3):
        start, count = time.perf_counter(), 0
        for source in sources:
            try:
                count += pages(source)
            except Exception:  # it has errors of many kinds for broken files; their pages do not count
                continue
        seconds.append(time.perf_counter() - start)
    print(f"{pypdf.__version__} {count / min(seconds):.1f}")


if __name__ == "__main__":
    main()
