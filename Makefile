# The commands of the project. All output goes to .venv/ and build/.
PY     ?= python3
TARGET ?= duckdb
DATA   ?=
PULL   ?=
BIN    := .venv/bin

# byte code on: without it every dbt call compiles dbt again
export PYTHONDONTWRITEBYTECODE :=
export DBT_PROFILES_DIR := $(CURDIR)

# a misspelled variable, or a path that came out empty, would build the demo without a word
KNOWN   := PY TARGET DATA PULL FORCE ARGS N
GIVEN   := $(foreach v,$(.VARIABLES),$(if $(filter command line,$(origin $v)),$v))
UNKNOWN := $(filter-out $(KNOWN) -% MAKE%,$(GIVEN))
ifneq ($(UNKNOWN),)
$(error $(UNKNOWN): no such variable; known are $(KNOWN), such as make build DATA=folder)
endif
GIVEN   += $(foreach v,DATA PULL,$(if $(filter environment,$(origin $v)),$v))
EMPTY   := $(strip $(foreach v,$(filter $(KNOWN),$(GIVEN)),$(if $(strip $($v)),,$v)))
ifneq ($(EMPTY),)
$(error $(EMPTY) is empty: give it a value or leave it out)
endif

.DEFAULT_GOAL := help
.PHONY: help build test test-athena bench picture docs wheel lint deploy undeploy lock clean

help:
	@echo "make build                  the demo: set up on first use, build, print the answers"
	@echo "make build DATA=path        the same on your own CSV or Parquet files"
	@echo "make build PULL='meta google'   pulled from these platforms first; alone, or beside DATA"
	@echo "make build TARGET=athena    the same on Athena"
	@echo "make build ARGS='...'       with options of social-roi build, such as --lookback-days 7"
	@echo "make test | test-athena     all tests that run locally | those on Athena"
	@echo "make bench N=1000000        how the build scales with the data, compared with other ways"
	@echo "make docs                   where the dbt docs of the last build are"
	@echo "make wheel                  the package as one file, for pipx and uvx"
	@echo "make deploy | undeploy      the AWS resources for Athena: show the plan, create or remove them"
	@echo "make lint | lock | clean    linters | update requirements.lock | delete all output"

# uv installs in seconds; where it is not available, pip installs the same lock
.venv/.ok: requirements.lock pyproject.toml
	@echo "setting up .venv (once) ..."
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed; say which: make $(MAKECMDGOALS) PY=python3.12"; exit 1; }
	@$(PY) -m venv .venv
	@awk '/^uv==/ { on = 1 } on { print } on && !/\\$$/ { exit }' requirements.lock > .venv/uv.lock
	@if $(BIN)/python -m pip install -q --no-compile --disable-pip-version-check --no-deps \
	    --require-hashes -r .venv/uv.lock; then \
	    $(BIN)/uv pip install -q --python $(BIN)/python --no-deps --require-hashes -r requirements.lock; \
	else \
	    $(BIN)/python -m pip install -q --no-compile --no-deps --require-hashes -r requirements.lock; \
	fi
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation --disable-pip-version-check -e .
	@touch .venv/.ok

# checkov needs an older version of packaging than pytest: an environment of its own
.venv/checkov/.ok: infra/checkov.lock .venv/.ok
	@$(PY) -m venv .venv/checkov
	@if [ -x $(BIN)/uv ]; then \
	    $(BIN)/uv pip install -q --python .venv/checkov/bin/python --no-deps --require-hashes -r $<; \
	else \
	    .venv/checkov/bin/python -m pip install -q --no-compile --no-deps --require-hashes -r $<; \
	fi
	@touch $@

build: .venv/.ok
	@$(BIN)/social-roi build --target $(TARGET) $(if $(PULL),--pull $(PULL)) \
	    $(if $(DATA),--data "$(DATA)") $(if $(FORCE),--force) $(ARGS)

# fastest first: linters of Python, tests without dbt, then those that build, the longest first; two
# at a time
test: .venv/.ok .venv/checkov/.ok
	@$(BIN)/ruff check --quiet python tests models infra notebooks bench
	@$(BIN)/ruff format --check --quiet python tests models infra notebooks bench
	$(BIN)/python -m pytest -x -m "not build" -n 2 --dist worksteal tests/python
	$(BIN)/python -m pytest -x -m build -n 2 --dist loadfile --no-loadscope-reorder tests/python

test-athena: .venv/.ok
	@$(BIN)/python -m pytest -x tests/athena

# needs only .venv; results also as JSON in build/bench
N ?= 1000000
bench: .venv/.ok
	@$(BIN)/python bench/scale.py $(N)
	@$(BIN)/python bench/landing.py build/bench/scale_$(N)/files/days.csv
	@$(BIN)/python bench/original.py $(N)

# the README's picture: the overview tab as the browser tests render it
picture: .venv/.ok
	@$(BIN)/python -m pytest -m build -k opens_in_the_demo tests/python/test_report_browser.py
	@cp build/screenshots/demo-overview.png docs/report.png

# of what was built last: dbt alone would describe the demo, and leave an empty database for it
docs: .venv/.ok
	@test -e build/report/docs.html || $(BIN)/social-roi build >/dev/null
	@echo "open build/report/docs.html"

lint: .venv/.ok
	$(BIN)/ruff check python tests models infra notebooks bench
	$(BIN)/ruff format --check python tests models infra notebooks bench
	$(BIN)/yamllint --strict .
	$(BIN)/sqlfluff lint --processes 2 models data-tests
	@test -e build/demo.duckdb || { echo "make lint reads the demo's tables: make build first"; exit 1; }
	$(BIN)/dbt docs generate --quiet && $(BIN)/dbt-bouncer run

# installs anywhere, with the dbt project inside
wheel: .venv/.ok
	@$(BIN)/python -m pip wheel -q --disable-pip-version-check --no-deps --no-index \
	    --no-build-isolation -w build/dist .
	@ls build/dist/*.whl

deploy: .venv/.ok
	@$(BIN)/python -m social_roi.aws.deploy up $(ARGS)

undeploy: .venv/.ok
	@$(BIN)/python -m social_roi.aws.deploy down $(ARGS)

lock: .venv/.ok
	$(BIN)/uv pip compile -q pyproject.toml --extra athena --group dev --group lint --universal --generate-hashes \
	    --no-emit-index-url --no-annotate --custom-compile-command "make lock" -o requirements.lock
	echo checkov==3.3.30 | $(BIN)/uv pip compile -q - --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
	    -o infra/checkov.lock

clean:
	rm -rf build target logs
