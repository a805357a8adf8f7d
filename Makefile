# make demo    set everything up and run the main job         make test   pass the tests
# make coverage    the same, and 92 % of lines and branches must run (half as long again): before a release
# make test-long   the stories of processes: workers, kills, schedules, servers
# make ui      click through the pages and Prefect's in a headless Chromium, and attack them from another page
# make check   formatting, lint, types, contracts, locks, tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_PIP := $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header
EMBEDDED := $(shell sed -n 's/^\([a-z0-9-]*\)==.*/\1/p' requirements-embedded.lock)

.PHONY: demo test coverage test-long ui docs setup setup-dev check format lint types contracts locks lock benchmarks clean

demo: setup
	$(BIN)/benchwright demo

# In three processes for two cores (tests/conftest.py), each with a Prefect server and a PostgreSQL of its own. Compiled
# files are kept, whatever the environment says: to compile all tests anew takes each process half a minute. One that
# ends in the middle of a test is not begun again: a new one runs the same test, and would end with it for ever.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest --numprocesses=auto --dist=worksteal --max-worker-restart=0
test: setup-dev
	$(PYTEST) -m "not long"

# The same tests, which also say how much of the code they run.
COVERED := PYTEST_ADDOPTS="--cov --cov-report=term:skip-covered --cov-fail-under=92"
coverage:
	$(COVERED) $(MAKE) test

# A story to a process: they start servers of their own, and none waits behind another one. Only the files that have
# one are read: to collect all tests takes each process 24 s of CPU, and half a minute more where none is compiled.
LONG := $(shell grep -rl --include='test_*.py' 'pytest\.mark\.long' tests)
test-long: setup-dev
	$(PYTEST) -m long --dist=loadfile $(LONG)

# The pages in a real browser: `benchwright serve` in a home of its own, and a headless Chromium that clicks. Then a
# page of another site tries to use the server, and a first evaluation is started and watched on our own pages. Reports
# are opened as files, without a network. Every page is held against axe-core, at two widths, dark and light.
ui: setup-dev $(VENV)/.setup-ui
	$(BIN)/python tests/ui/first_day.py
	$(BIN)/python tests/ui/foreign_page.py
	$(BIN)/python tests/ui/rating.py
	$(BIN)/python tests/ui/own_pages.py
	$(BIN)/python tests/ui/every_page.py
	$(BIN)/python tests/ui/reports.py

# The pages that are written from the code; a test fails where they are out of date.
docs: setup-dev
	$(BIN)/python docs/tools/settings_page.py
	$(BIN)/python docs/tools/json_schemas.py
	$(BIN)/python docs/tools/python_reference.py
	$(BIN)/python docs/tools/glossary_page.py

setup: $(VENV)/.setup
setup-dev: $(VENV)/.setup-dev

# uv comes from the lock too; every later step is its work.
$(BIN)/uv: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else \
	  "error: Benchwright runs on Python 3.11 to 3.13, and $(PYTHON) is " + sys.version.split()[0] \
	  + ". Next: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	@awk '/^[a-zA-Z0-9]/ {keep = /^uv==/} keep' requirements.lock >$(VENV)/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.lock
	@touch $@

$(VENV)/.setup: $(BIN)/uv requirements.lock requirements-embedded.lock pyproject.toml
	$(UV_PIP) --require-hashes -r requirements.lock
	@for name in $(EMBEDDED); do \
	  awk -v name="$$name" '/^[a-zA-Z0-9]/ {keep = index($$0, name "==") == 1} keep' requirements-embedded.lock \
	    >$(VENV)/embedded-$$name.lock; \
	  $(UV_PIP) --require-hashes --no-deps -r $(VENV)/embedded-$$name.lock \
	    || echo "$$name cannot be had here: the embedded server will offer the baselines alone"; \
	done
	$(UV_PIP) --no-deps --editable .
	@touch $@

$(VENV)/.setup-dev: $(VENV)/.setup requirements-dev.lock
	$(UV_PIP) --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.setup-ui: $(VENV)/.setup requirements-ui.lock
	$(UV_PIP) --require-hashes -r requirements-ui.lock
	@touch $@

# The stories wait for servers while mypy computes in one process.
check: setup-dev format lint
	$(MAKE) --jobs=2 test-long contracts locks types
	$(MAKE) test

format:
	$(BIN)/ruff format --check .
lint:
	$(BIN)/ruff check .
types:
	$(BIN)/mypy
contracts:
	$(BIN)/lint-imports
locks:
	$(BIN)/python -m pytest tests/architecture/test_locks.py --no-header -p no:cacheprovider

# Makes the four locks anew. Needs a package index; writes no address of one.
lock: $(BIN)/uv
	$(COMPILE) --group setup -o requirements.lock
	$(COMPILE) --group setup --group test -o requirements-dev.lock
	$(subst pyproject.toml,--group pyproject.toml:embedded,$(COMPILE)) --no-deps -o requirements-embedded.lock
	$(subst pyproject.toml,--group pyproject.toml:ui,$(COMPILE)) --constraint requirements.lock -o requirements-ui.lock

clean:
	rm -rf $(VENV) build dist *.egg-info
