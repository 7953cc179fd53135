# `make demo` and `make test` need python3, make and the package registries; they set up the rest.

VENV := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test long lint rtl clean

# The simulators run their own make, which must not take this one's options for its own.
unexport MAKEFLAGS

help:
	@echo 'make demo    the whole chain on handwritten digits, ending in a table'
	@echo 'make test    lint, then every test that takes seconds (ARGS="-k lane" chooses)'
	@echo 'make long    the tests that take minutes'
	@echo 'make lint    ruff: rules and formatting'
	@echo 'make rtl     regenerate rtl_out/ for every preset'
	@echo 'make setup   only what the others do first: apt packages, .venv, Yosys'
	@echo 'make clean   remove what was built; .venv stays'

demo: .venv/ready
	@$(VENV)/hwgen demo -o build/demo --force

test: lint
	@$(VENV)/python -m pytest -q -n auto --maxprocesses 8 $(ARGS)

long: .venv/ready
	@$(VENV)/python -m pytest -q -n auto --maxprocesses 8 -m slow $(ARGS)

lint: .venv/ready
	@$(VENV)/ruff check --quiet .
	@$(VENV)/ruff format --check .

rtl: .venv/ready
	@$(VENV)/python .ci/rtl.py

setup: .venv/ready
	@:

.venv/ready: pyproject.toml .ci/setup
	@.ci/setup

# A virtual environment that was moved or copied has to be set up again.
ifneq ($(file <.venv/ready),$(CURDIR))
.PHONY: .venv/ready
endif

clean:
	@rm -rf build dist sim_build results.xml .pytest_cache .ruff_cache
	@find hwgen models sim tests -name __pycache__ -prune -exec rm -rf {} +
