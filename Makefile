# `make refresh` and `make test` do everything on a fresh machine: Python 3.11 to 3.13, make and git are enough.
.DEFAULT_GOAL := help
.PHONY: help refresh test test-long lint audit ui lock bench

PYTHON := $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-strip-extras

help: ## Say what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

refresh: .venv/.base ## Run the weekly refresh once, on the embedded sample: ends with a published release
	@$(BIN)/skillsbank refresh

ui: .venv/.base ## Open the Dagster UI with its daemon on 127.0.0.1:3000
	@$(BIN)/skillsbank ui

test: .venv/.dev ## Run every test
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-long: .venv/.dev ## Run the tests that take many minutes: Spark, many workers, object storage
	@$(BIN)/python -m pytest -m long

lint: .venv/.dev ## Check style, formatting, SQL and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/sqlfluff lint --nocolor --processes 2 dbt_project/models
	@$(BIN)/mypy

audit: .venv/.dev ## Ask whether the locked packages have known vulnerabilities
	@.ci/audit

lock: .venv/.dev ## Pin again after a change in pyproject.toml
	@$(PIP) uv
	@$(UV_COMPILE) pyproject.toml -o requirements.lock
	@$(UV_COMPILE) --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

bench: .venv/.dev ## Print the refresh's speed as ratios
	@$(BIN)/python benchmarks/refresh.py

.venv/.base: requirements.lock pyproject.toml
	@echo "Installing the packages into .venv (the first time takes a few minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "Python cannot make a virtual environment: \
	install the system package python3-venv, then run make again"; rm -rf .venv; exit 1; }
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.base requirements-dev.lock
	@echo "Installing the packages for tests and checks"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
