# Two commands are all: `make run` and `make test`.
VENV   := .venv
PYTHON ?= python3
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)
HASHES := --require-hashes -r

# Installs a lock file into .venv: with uv where it is there, with pip where it is not.
ifdef UV
venv    = $(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
install = $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python
else
venv    = $(PYTHON) -m venv $(VENV)
install = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.PHONY: run demo test browser check bench lock clean

run: $(VENV)/.run config.toml  ## the daemon with config.toml
	$(BIN)/dateline run

demo: $(VENV)/.run  ## the daemon against a small news web on the loopback address
	$(BIN)/dateline demo

test: check browser  ## linters, types, import contracts, then every test
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

# Debian's Chromium drives the web pages in the tests; where it cannot be had they are skipped, and say so.
ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo -n) env DEBIAN_FRONTEND=noninteractive
APT  := apt-get -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=20

browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || [ -n "$$CHROMIUM" ] || { \
	    command -v apt-get >/dev/null && { \
	    $(ROOT) $(APT) update && $(ROOT) $(APT) install --yes --no-install-recommends chromium; } \
	    >/dev/null 2>&1 || echo "no Chromium, and it cannot be installed: the pages are not tested in a browser"; }

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.bench  ## Dateline beside Scrapy in one run
	$(BIN)/python -m benchmarks.first_fill

$(VENV)/.run: requirements.txt pyproject.toml
	$(venv)
	$(install) $(HASHES) requirements.txt
	$(install) --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q dateline scraper storage  # a command starts in half the time
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(install) $(HASHES) requirements-dev.txt
	touch $@

$(VENV)/.bench: requirements-bench.txt $(VENV)/.dev
	$(install) $(HASHES) requirements-bench.txt
	touch $@

lock:  ## after a change of dependencies (needs uv); the files name no registry
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --python-version 3.11 pyproject.toml requirements.in -o requirements.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --python-version 3.11 --extra dev -c requirements.txt pyproject.toml requirements.in -o requirements-dev.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --python-version 3.11 --extra bench --extra dev -c requirements-dev.txt pyproject.toml requirements.in -o requirements-bench.txt

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
