"""Text of PDF files by pypdf. The first line of standard input names the files, as JSON; for each further one they are
all read once. Answers are lines of JSON: first the version, then the wall and CPU seconds of a round, and its pages."""

import io
import json
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


def read(sources: list[bytes]) -> int:
    count = 0
    for source in sources:
        try:
            count += pages(source)
        except Exception:  # it has errors of many kinds for broken files; their pages do not count
            continue
    return count


def main() -> None:
    sources = [Path(path).read_bytes() for path in json.loads(sys.stdin.readline())]
    print(json.dumps({"version": pypdf.__version__}), flush=True)
    while sys.stdin.readline():
        wall, cpu = time.perf_counter(), time.process_time()
        count = read(sources)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(json.dumps({"wall": wall, "cpu": cpu, "pages": count}), flush=True)


if __name__ == "__main__":
    main()
