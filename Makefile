# Two commands are enough on a fresh machine with Python 3.11 or later:
#   make demo    a virtualenv, enuf in it, the toy app served
#   make test    a virtualenv, the whole test suite
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
BIN = $(VENV)/bin
# What CI runs with is pinned; people get the newest versions that fit.
PINS = $(if $(CI),-c constraints.txt)

.PHONY: demo test check docs reference soak fuzz dist doctor-score bench screenshot clean

demo: $(VENV)/.demo
	cd examples/toy && ../../$(BIN)/enuf up

test: $(VENV)/.test
	@scripts/test-tools
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(TESTS)

check: $(VENV)/.test
	$(BIN)/ruff format --check src tests scripts benchmarks examples
	$(BIN)/ruff check src tests scripts benchmarks examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) docs

# The site in build/site; a link that leads nowhere is an error (which --quiet would hide).
docs: $(VENV)/.test
	$(BIN)/python -m mkdocs build

# The generated parts of docs/*/reference.
reference: $(VENV)/.test
	$(BIN)/python scripts/reference.py

# The promises counted under load, then 395 random faults: about an hour.
FAULTS ?= 395
soak: $(VENV)/.test
	$(BIN)/python scripts/soak.py
	$(BIN)/python scripts/fault_matrix.py --trials $(FAULTS)

# Hostile texts for every reader of files, logs and packets.
FUZZ_SECONDS ?= 3600
fuzz: $(VENV)/.test
	$(BIN)/python scripts/fuzz.py --seconds $(FUZZ_SECONDS)

bench: $(VENV)/.test
	$(BIN)/python benchmarks/start.py
	$(BIN)/python benchmarks/looks.py

# The README's picture, by the browser test itself.
screenshot: $(VENV)/.test
	ENUF_SCREENSHOT=docs/screenshots/dashboard.png $(BIN)/pytest -n0 tests/browser/test_live.py -k follows

doctor-score: $(VENV)/.test
	$(BIN)/python scripts/doctor_score.py

dist: $(VENV)/.test
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) dist

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet $(PINS) -e .
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet $(PINS) -e '.[dev]'
	@touch $@ $(VENV)/.demo
