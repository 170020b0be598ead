# Two commands are enough on a fresh machine with Python 3.11 or later:
#   make demo    a virtualenv, enuf in it, the toy app served
#   make test    a virtualenv, the whole test suite
PYTHON ?= python3
VENV ?= .venv
# One more than the cores of CI: half of the time of the tests with servers is waiting.
WORKERS ?= 3
BIN = $(VENV)/bin
# What CI runs with is pinned; people get the newest versions that fit.
PINS = $(if $(CI),-c constraints.txt)
# On a busy machine of CI a test with real servers may meet a moment that it did not expect: CI runs a failed test once
# more, and lists it. Whoever reads the list mends the test; here a failure is a failure.
RERUNS = $(if $(CI),--reruns 1 -raR)
# A wheel to test in place of this checkout: see `wheel-test`.
WHEEL ?=

.PHONY: demo test unit coverage wheel-test lowest-test check lint docs messages reference golden soak fuzz dist doctor-score bench tls apps engines screenshot clean

demo: $(VENV)/.demo
	cd examples/toy && ../../$(BIN)/enuf up

test: $(VENV)/.test
	@scripts/test-tools
	@$(BIN)/python -m compileall -q src  # thousands of processes load it, and PYTHONDONTWRITEBYTECODE may be set
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(RERUNS) --ignore=tests/engines $(TESTS)

# The fast lane, in seconds: what starts no server and asks for no user, with few examples for each property.
unit: $(VENV)/.test
	$(BIN)/pytest -q -n 2 -m 'not native and not user' --hypothesis-profile=fast $(or $(TESTS),tests/unit tests/property)

# The branches that the tests without servers do not reach. What runs in processes of its own is not counted.
coverage: $(VENV)/.test
	$(BIN)/pytest -q -n 2 -m 'not native' --hypothesis-profile=fast --cov --cov-report=term --cov-report=html:build/coverage/html \
		$(if $(TESTS),--cov-fail-under=0) $(or $(TESTS),tests/unit tests/property tests/doctor tests/golden)

# The suite against the wheel that users would install, and with the oldest versions that pyproject.toml allows.
wheel-test: dist
	$(MAKE) VENV=build/wheel-venv WHEEL="$$(ls -t dist/enuf-*.whl | head -n 1)" test

lowest-test: $(VENV)/.test
	$(BIN)/python -m pip install --quiet $(PINS) uv
	$(BIN)/uv pip compile --quiet --resolution lowest-direct --python $(BIN)/python --no-annotate --output-file build/lowest.txt pyproject.toml
	$(MAKE) VENV=build/lowest-venv PINS='-c build/lowest.txt' test

check: $(VENV)/.test
	$(BIN)/ruff format --check src tests scripts benchmarks examples
	$(BIN)/ruff check src tests scripts benchmarks examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) lint docs

# What is not Python: scripts, the dashboard's JavaScript, the workflows, spelling; and one word for one thing.
lint: $(VENV)/.test
	$(BIN)/shellcheck $$(grep -slE '^#!.*\b(sh|bash)$$' .ci/* scripts/*)
	$(BIN)/oxlint --quiet --deny-warnings
	$(BIN)/zizmor --offline --no-progress --quiet .github
	$(BIN)/typos
	$(BIN)/python scripts/duplicate_names.py
	$(BIN)/python -m scripts.messages --check

# The site in build/site; a link that leads nowhere is an error (which --quiet would hide).
docs: $(VENV)/.test
	$(BIN)/python -m mkdocs build

# The catalogue of Korean messages, from the source.
messages: $(VENV)/.test
	$(BIN)/python -m scripts.messages

# The generated parts of docs/*/reference.
reference: $(VENV)/.test
	$(BIN)/python -m scripts.reference

# The expected files of tests/golden; read their diff before you commit them.
golden: $(VENV)/.test
	$(BIN)/python -m tests.golden.regenerate

# The promises counted under load, a million requests over 50 reloads, apps on real databases, then 395 random
# faults: about an hour and a half. One part: make soak PARTS=endurance FAULTS=0
FAULTS ?= 395
PARTS ?=
soak: $(VENV)/.soak
	@scripts/test-tools databases
	$(BIN)/python -m scripts.soak $(PARTS)
	$(BIN)/python scripts/fault_matrix.py --trials $(FAULTS)

# Hostile texts for every reader of files, logs and packets.
FUZZ_SECONDS ?= 3600
fuzz: $(VENV)/.test
	$(BIN)/python scripts/fuzz.py --seconds $(FUZZ_SECONDS)

bench: $(VENV)/.test
	$(BIN)/python benchmarks/start.py
	$(BIN)/python benchmarks/looks.py

# HTTPS in figures: testssl, h2spec (H2SPEC=its program), h2load beside Caddy, starts and renewals; 20 minutes.
# Some parts: make tls TLS="start renewal". Into the docs: TLS=--write
TLS ?=
tls: $(VENV)/.test
	@scripts/test-tools figures
	@H2SPEC="$(H2SPEC)" $(BIN)/python -m scripts.tls $(TLS)

# 24 public applications, served by enuf and by gunicorn, their answers compared: an hour, and 4 GB in build/apps.
# Some by name: make apps APPS="trac kinto". Repositories from a folder: SOURCES=DIR. The last outcomes of all: APPS=--report; into the docs: APPS="--report --write".
APPS ?=
apps: $(VENV)/.test
	@$(BIN)/python -m pip install --quiet $(PINS) uv
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m scripts.apps $(if $(SOURCES),--sources '$(SOURCES)') $(APPS)

# What `enuf export` writes on real engines of containers, as root, and a table at the end: 25 minutes on two busy cores.
# On Kubernetes, too, where scripts/build-kubernetes has built it. Some of it: make engines ENGINES="tests/engines/test_image.py"
ENGINES ?= tests/engines
engines: $(VENV)/.test
	@scripts/test-tools engines
	$(BIN)/pytest -n0 $(RERUNS) $(ENGINES)

# The README's picture, by the browser test itself.
screenshot: $(VENV)/.test
	ENUF_SCREENSHOT=docs/screenshots/dashboard.png $(BIN)/pytest -n0 tests/browser/test_live.py -k follows

# How often the doctor is right: on the cases with real servers, and on small deployments as people write them.
doctor-score: $(VENV)/.test
	$(BIN)/python scripts/doctor_score.py
	$(BIN)/python scripts/doctor_live_score.py
	$(BIN)/python scripts/doctor_corpus.py

dist: $(VENV)/.test
	$(BIN)/python -m build

# Clients of databases, and libraries with threads, for the apps of the soak: no part of what developers need,
# and not pinned, because Segment's wants another dateutil than mkdocs gets.
$(VENV)/.soak: $(VENV)/.test
	$(BIN)/python -m pip install --quiet $(if $(WHEEL),'$(WHEEL)[soak]',-e '.[soak]')
	@touch $@

clean:
	rm -rf $(VENV) dist build

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet $(PINS) -e .
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet $(PINS) $(if $(WHEEL),'$(WHEEL)[dev]',-e '.[dev]')
	@touch $@ $(VENV)/.demo
