# Three commands: "make serve", "make quick" and "make test". Each sets up what it needs in .venv on a machine with Python 3.11 or newer.
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin
PORT ?= 8080
# Tests run in this many processes; those of one file stay together. The files that take longest run first (tests/conftest.py).
WORKERS ?= 2
PYTEST = $(RUN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: serve quick test lint bench bench-serving wheel format clean

serve: $(VENV)/ready
	$(RUN)/rolegraph serve --port $(PORT)

test: $(VENV)/ready-test lint
	@sh tests/browser.sh
	$(RUN)/rolegraph check
	$(PYTEST)

quick: WORKERS = auto
quick: $(VENV)/ready-test
	$(PYTEST) -m "not service and not browser and not taxonomy and not conformance and not sweep"

lint: $(VENV)/ready-test
	$(RUN)/ruff check service tests bench
	$(RUN)/mypy

bench: $(VENV)/ready-bench
	$(RUN)/python bench/compare.py
	$(RUN)/python bench/serving.py

bench-serving: $(VENV)/ready-bench
	$(RUN)/python bench/serving.py

wheel: $(VENV)/ready-test
	$(RUN)/python -m pip wheel --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) dist build

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rolegraph needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/ready: pyproject.toml | $(VENV)/bin/python
	$(RUN)/python -m pip install --quiet --editable '.[client]'
	@touch $@

$(VENV)/ready-test: pyproject.toml | $(VENV)/ready
	$(RUN)/python -m pip install --quiet --group test
	@touch $@

$(VENV)/ready-bench: pyproject.toml | $(VENV)/ready
	$(RUN)/python -m pip install --quiet --group bench
	@touch $@
