# treadwear. Needs python3 (3.11 or newer, with venv) and make; `make` says what there is.
# All paths are relative, so the directory may have spaces in its name.

PYTHON ?= python3
ARGS ?=
BENCH ?= bluetooth server

BIN := .venv/bin
READY_TO_RUN := .venv/ready-to-run
READY_TO_TEST := .venv/ready-to-test

.PHONY: help demo test check docs accuracy speed bench screenshots clean format lint types layers spelling
.DEFAULT_GOAL := help

help: ## say what there is
	@echo 'treadwear, the alignment check for runners. Targets:'
	@sed -n 's/^\([a-z]*\):.*## /  make \1  	/p' Makefile
	@echo 'Arguments: make demo ARGS="--headless --seconds 60"'

demo: $(READY_TO_RUN) ## two simulated runners on the whole path; ARGS="--seconds 60"
	@exec $(BIN)/python -m treadwear demo $(ARGS)

test: $(READY_TO_TEST) ## the tests; ARGS="-k wire"
	@exec $(BIN)/python -m pytest -q -n 2 $(ARGS)

check: format lint types layers spelling ## format, lint, types, layers, spelling
	@echo 'check: all five passed'

format: $(READY_TO_TEST)
	@echo 'check 1/5: format (ruff)'
	@$(BIN)/python -m ruff format --quiet --diff .

lint: $(READY_TO_TEST)
	@echo 'check 2/5: lint (ruff)'
	@$(BIN)/python -m ruff check --quiet .

types: $(READY_TO_TEST)
	@echo 'check 3/5: types (mypy, strict)'
	@$(BIN)/python -m mypy --no-error-summary

layers: $(READY_TO_TEST)
	@echo 'check 4/5: layers (import-linter)'
	@said=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$said"; exit 1; }

spelling: $(READY_TO_TEST)
	@echo 'check 5/5: spelling (codespell)'
	@$(BIN)/codespell *.md Makefile pyproject.toml .ci docs tests benchmarks contract \
	  firmware_config collector processing dashboards treadwear

docs: $(READY_TO_TEST) ## write the tables of docs/ again from the code
	@exec $(BIN)/python docs/build.py

accuracy: $(READY_TO_RUN) ## against references; needs TREADWEAR_DATA=DIR; ARGS="--only rbds,pyshoe"
	@exec $(BIN)/python -m benchmarks.accuracy $(ARGS)

speed: $(READY_TO_RUN) ## seconds per hour of running; ARGS="--gaitmap PYTHON" compares
	@exec $(BIN)/python -m benchmarks.speed $(ARGS)

bench: $(READY_TO_RUN) ## BENCH=bluetooth or server; also simulated, fault_run, clock_links
	@for name in $(BENCH); do $(BIN)/python -m benchmarks.$$name $(ARGS) || exit 1; done

screenshots: $(READY_TO_TEST) ## the pictures of README and docs, about five minutes
	@cd docs && exec env PYTHONPATH=.. ../$(BIN)/python -m pictures $(ARGS)

clean: ## remove .venv, caches and what the demo wrote
	rm -rf .venv build dist treadwear-demo .hypothesis .mypy_cache .ruff_cache
	rm -rf .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- the environment: built when missing, or older than what it is made from ----

$(READY_TO_RUN): pyproject.toml constraints.txt
	@$(call build,.[virtual$(comma)pdf$(comma)fit$(comma)parquet])
	@touch $(READY_TO_RUN)

$(READY_TO_TEST): pyproject.toml constraints.txt
	@$(call build,.[test$(comma)lint])
	@touch $(READY_TO_RUN) $(READY_TO_TEST)

comma := ,

IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

# $(1) what pip is to install. A .venv that does not run here (moved, or of an old
# Python) is made anew; pip 23.2, which comes with Python 3.11, is good enough.
define build
set -e; \
if ! $(BIN)/python -m pip --version >/dev/null 2>&1 \
|| ! $(BIN)/python -c '$(IS_NEW_ENOUGH)' 2>/dev/null; then \
  found=; \
  for name in "$(PYTHON)" python3.13 python3.12 python3.11; do \
    if "$$name" -c '$(IS_NEW_ENOUGH)' 2>/dev/null; then found=$$name; break; fi; \
  done; \
  if [ -z "$$found" ]; then \
    echo 'treadwear needs Python 3.11 or newer, and "$(PYTHON)" is not.' >&2; \
    echo 'Install it, then say which one: make PYTHON=/path/to/python3.12 ...' >&2; \
    exit 1; \
  fi; \
  echo "treadwear: making .venv with $$("$$found" --version)"; \
  "$$found" -m venv --clear .venv || { rm -rf .venv; \
    echo 'The Python module venv is missing (Debian: apt-get install python3-venv).' >&2; \
    exit 1; }; \
fi; \
echo 'treadwear: installing packages into .venv, a minute or so, only this once'; \
$(BIN)/python -m pip install --quiet --disable-pip-version-check \
  -c constraints.txt -e '$(1)'; \
echo 'treadwear: .venv is ready'
endef
