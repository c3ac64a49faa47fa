# `make demo` and `make test` set up everything they need in .venv; nothing else is needed first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint types setup clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info[:2] < (3, 14) or sys.exit("error: this is Python %d.%d, and 3.11, 3.12 or 3.13 is needed; say: make demo PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet torch==2.13.0 # first, so that nothing else picks another build
	$(BIN)/python -m pip install --quiet --editable '.[all,dev]'
	touch $@

demo: setup
	$(BIN)/dexsim2real demo

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy src

clean:
	rm -rf $(VENV) build runs
