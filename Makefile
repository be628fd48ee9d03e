# Two commands: `make demo` shows the whole product on a sample class, `make test` runs every test. Each sets up all it needs.

UV_VERSION := 0.13.9
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .autograder/uv/bin/uv)
RUN := .venv/bin/

.PHONY: help demo test test-slow check bench build verify clean
.DEFAULT_GOAL := help

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 18

demo: .venv/ready ## Build, grade a sample class in sealed boxes, take in an LMS's zip and fill in its gradebook
	@$(RUN)python tests/demo.py

test: check ## Types, lint, the import rule and every test but the slow proofs
	$(RUN)python -m pytest

test-slow: .venv/ready ## The slow proofs: stock Otter on every known submission gives the same scores
	$(RUN)python -m pytest -m slow

check: .venv/ready ## Format, lint, types; are the generated files current, the graders proven?
	$(RUN)ruff format --check
	$(RUN)ruff check
	$(RUN)mypy
	$(RUN)autograder build --check

bench: .venv/ready ## CPU seconds of our path and of stock `otter run`, side by side
	@$(RUN)python tests/bench.py

build: .venv/ready ## Make the student notebooks and the grader zips
	@$(RUN)autograder build

verify: .venv/ready ## Prove that every grader is fair: seeds, known answers, mutants, stock Otter (an hour when all is new)
	@$(RUN)autograder calibrate
	@$(RUN)autograder verify

clean: ## Remove the environment and all working data
	rm -rf .venv .autograder dist

.venv/ready: uv.lock pyproject.toml
	@command -v $(UV) >/dev/null 2>&1 || $(MAKE) --no-print-directory .autograder/uv/bin/uv
	$(UV) sync --locked --all-extras --quiet
	@touch $@

.autograder/uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with  make PYTHON=/path/to/python3 ..."; exit 1; }
	$(PYTHON) -m venv .autograder/uv || $(PYTHON) -m pip install --quiet --target .autograder/uv uv==$(UV_VERSION)
	test -x $@ || .autograder/uv/bin/python -m pip install --quiet uv==$(UV_VERSION)
