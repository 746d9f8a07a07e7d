# Two commands to know: make demo, make test. The rest is for developers.
VENV ?= .venv
export TWIN_VENV = $(VENV)
# Tests run side by side: each gets a core
export OPENBLAS_NUM_THREADS = 1
TWIN = $(VENV)/bin/twin
PY = $(VENV)/bin/python

.PHONY: demo test verify bench install install-test check lint types contracts derived unit clean lock

demo: install
	@$(TWIN) demo $(if $(CHECK),--check)

install:
	@setup/install.sh database
	@setup/install.sh python
	@setup/install.sh simulation
	@setup/install.sh console

install-test:
	@setup/install.sh database
	@setup/install.sh python test
	@setup/install.sh simulation
	@setup/install.sh console
	@setup/install.sh browser

# All that must hold
test: install-test check
	@$(PY) -m pytest -n 2 --dist loadfile

check: lint types contracts derived

lint:
	@$(VENV)/bin/ruff check --quiet . && $(VENV)/bin/ruff format --quiet --check .
types:
	@$(VENV)/bin/mypy
contracts:
	@$(VENV)/bin/lint-imports --no-logo 2>/dev/null || $(VENV)/bin/lint-imports
derived:
	@$(TWIN) check && $(TWIN) derive --check

# Long: soaks, kill campaigns, big cases
verify: install-test
	@TWIN_TEST_PROFILE=searching $(PY) -m pytest -m "long or not long"

# Ratios measured in one run
bench: install-test
	@$(PY) tests/benchmarks/run.py $(BENCH)

# Locks with hashes and without index lines
lock:
	@$(PY) -m uv pip compile -q --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header \
	  --extra simulation --group pyproject.toml:build pyproject.toml -o requirements.txt
	@$(PY) -m uv pip compile -q --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header \
	  -c requirements.txt --group pyproject.toml:build --group pyproject.toml:test --extra simulation pyproject.toml -o requirements-test.txt

clean:
	@rm -rf build console/dist console/node_modules .pytest_cache .mypy_cache .ruff_cache
