# make publish and make test each work as the first command on a fresh clone with Python 3.11+ and make.
.DEFAULT_GOAL := help
.PHONY: help setup publish test check golden bench readers crash serve clean

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
export PYTHONUTF8 := 1

# As text/xml, for as anything else browsers do not apply the style sheet of a feed.
define SERVE
from functools import partial
from http.server import SimpleHTTPRequestHandler as Files, ThreadingHTTPServer
Files.extensions_map |= dict.fromkeys([".rss", ".atom", ".opml"], "text/xml")
ThreadingHTTPServer(("127.0.0.1", 8000), partial(Files, directory="output")).serve_forever()
endef
export SERVE

help: ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 18

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "publisher needs Python 3.11 or newer with the venv module; install it, or name one: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The program and what it runs on.
$(VENV)/.runtime: requirements/runtime.txt pyproject.toml publisher/__init__.py | $(VENV)/bin/python
	@echo "Setting up in $(VENV) (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/build.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --require-hashes -r requirements/runtime.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

# And what it is developed and tested with.
$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/.dev ## make .venv with everything in it

publish: $(VENV)/.runtime ## run the main job on posts/: feeds, digest, messages
	@$(BIN)/publish

test: $(VENV)/.dev ## run every check and test
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest -n 2 --cov --cov-report=term $(ARGS)
	@$(BIN)/python tests/coverage_floors.py

check: $(VENV)/.dev ## format, lint, types and floors
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

golden: $(VENV)/.dev ## rewrite the golden files below tests/golden (then read the difference)
	@$(BIN)/python -m pytest -q -p no:randomly tests --golden -k golden

bench: $(VENV)/.dev ## time whole runs, feeds and editions beside other programs, and measure cleaning
	@$(BIN)/python -m benchmarks

readers: $(VENV)/.dev ## show every feed to eight feed readers, and compare with the store
	@cd tests/readers/node && { [ node_modules/.package-lock.json -nt package-lock.json ] || ! command -v npm >/dev/null || npm ci || true; }
	@$(BIN)/python -m tests.readers $(ARGS)

crash: $(VENV)/.dev ## kill 10,000 runs, and see that nobody is skipped and nobody gets two
	@$(BIN)/python -m tests.crash $(ARGS)

serve: $(VENV)/.runtime ## look at output/ in a browser: http://127.0.0.1:8000/
	@echo "http://127.0.0.1:8000/"
	@$(BIN)/python -c "$$SERVE"

clean: ## remove what was built and published here
	@rm -rf build dist .coverage* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
