# What people type. Everything made goes to .venv/ and build/.
PY     ?= python3
TARGET ?= duckdb
DATA   ?=
BIN    := .venv/bin

# byte code on: without it every dbt call compiles itself anew
export PYTHONDONTWRITEBYTECODE :=
export DBT_PROFILES_DIR := $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help build test test-athena docs lint lock clean

help:
	@echo "make build                  the demo: set-up on first use, build, the five answers"
	@echo "make build DATA=path        the same on your own CSV or Parquet files"
	@echo "make build TARGET=athena    the same on Athena"
	@echo "make test | test-athena     all tests that one machine can run | those on Athena"
	@echo "make docs                   build and serve the dbt docs"
	@echo "make lint | lock | clean    linters | renew requirements.lock | remove what was made"

# uv installs in seconds; where it is not to be had, pip installs the same lock
.venv/.ok: requirements.lock pyproject.toml
	@echo "setting up .venv (once) ..."
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed; say which: make $(MAKECMDGOALS) PY=python3.12"; exit 1; }
	@$(PY) -m venv .venv
	@if $(BIN)/python -m pip install -q --no-compile --disable-pip-version-check uv==0.13.9; then \
	    $(BIN)/uv pip install -q --python $(BIN)/python --no-deps --require-hashes -r requirements.lock; \
	else \
	    $(BIN)/python -m pip install -q --no-compile --no-deps --require-hashes -r requirements.lock; \
	fi
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation --disable-pip-version-check -e .
	@touch .venv/.ok

build: .venv/.ok
	@$(BIN)/social-roi build --target $(TARGET) $(if $(DATA),--data "$(DATA)")

# fastest first: linters of Python, then tests without dbt, then those that build
test: .venv/.ok
	@$(BIN)/ruff check python tests
	@$(BIN)/ruff format --check --quiet python tests
	$(BIN)/python -m pytest -x -m "not build" tests/python
	$(BIN)/python -m pytest -x -m build tests/python

test-athena: .venv/.ok
	@$(BIN)/python -m pytest -x tests/athena

docs: .venv/.ok
	@$(BIN)/dbt docs generate --quiet && $(BIN)/dbt docs serve

lint: .venv/.ok
	$(BIN)/ruff check python tests models
	$(BIN)/ruff format --check python tests models
	$(BIN)/yamllint --strict .
	$(BIN)/sqlfluff lint --processes 2 models tests
	$(BIN)/dbt docs generate --quiet && $(BIN)/dbt-bouncer run

lock: .venv/.ok
	$(BIN)/uv pip compile -q pyproject.toml --group dev --group lint --universal --generate-hashes \
	    --no-emit-index-url --no-annotate --custom-compile-command "make lock" -o requirements.lock

clean:
	rm -rf build target logs
