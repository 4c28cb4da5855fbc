#!/usr/bin/env bash
# The wheel by itself: built, installed into an empty environment with pinned dependencies, and run on a folder elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT

.venv/bin/python -m build --wheel --no-isolation --outdir "$here/dist" . >/dev/null
"${PYTHON:-python3}" -m venv "$here/venv"
if command -v uv >/dev/null; then install="uv pip install -q --python $here/venv/bin/python"; else install="$here/venv/bin/python -m pip install -q"; fi
$install --require-hashes -r requirements.txt
$install --no-deps "$here"/dist/*.whl

mkdir -p "$here/trial/notes"
cat >"$here/trial/notes/pumps.md" <<'TEXT'
# Pumps

## Priming

Fill the pump housing with water before the first start. A dry start destroys the seal within a minute.

## Maintenance

Replace the mechanical seal every 4,000 hours of operation. Check the coupling for play once a month.
TEXT
cd "$here/trial"
XDG_CACHE_HOME="$here/cache" "$here/venv/bin/mlwright" up notes --no-serve --ask "How often is the mechanical seal replaced?" | tee out.txt
grep -q "4,000 hours" out.txt
grep -q "pumps.md" out.txt
if grep -rIl "$root" "$here/venv/lib" --include='*.py' --include='direct_url.json' | grep -q .; then echo "the wheel knows the checkout"; exit 1; fi
echo "1 passed, 0 failed"
