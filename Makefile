# Everything a newcomer needs. `make demo` and `make test` work on a bare machine with Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo install install-dev test unit check format benchmark lock docs clean

help:  ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: install  ## A simulated app, one whole day, the first lists
	$(BIN)/ritournelle demo

install: $(VENV)/core.stamp  ## The command .venv/bin/ritournelle

install-dev: $(VENV)/dev.stamp  ## The same, with the tools for tests and checks

test: install-dev  ## All tests
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

unit: install-dev  ## The fast tests alone
	$(BIN)/python -m pytest tests/unit

check: install-dev  ## Format, lint, types, floors
	$(BIN)/black --check --quiet src tests benchmarks
	$(BIN)/pylint src/ritournelle benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev  ## Let black format everything
	$(BIN)/black --quiet src tests benchmarks

benchmark: $(VENV)/benchmarks.stamp  ## Ingestion measured against dlt
	$(BIN)/python -m benchmarks.ingest

lock: install-dev  ## Compile the locks anew from pyproject.toml
	UV=$(BIN)/uv requirements/lock.sh

docs: install-dev  ## Write the generated reference pages anew
	$(BIN)/python -m ritournelle.transform.reference > docs/reference/warehouse-tables.md
	$(BIN)/python -m ritournelle.orchestration.reference > docs/reference/orchestration.md
	RITOURNELLE_UPDATE_DOCS=1 $(BIN)/python -m pytest --quiet tests/docs

clean:  ## Remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .hypothesis .import_linter_cache

# A stamp per set of packages: nothing is installed twice, and a changed lock is noticed.
$(VENV)/%.stamp: requirements/%.txt requirements/uv.txt requirements/install.sh pyproject.toml
	PYTHON="$(PYTHON)" requirements/install.sh $(VENV) $<
	@touch $@
