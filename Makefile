# Every target makes .venv by itself, and again only when the requirements change.
# Works with GNU make 3.81 and newer. On Windows without make: see README.md.

VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
# Python 3.11 to 3.13 (where what builds it ends); the first that is found, or: make book PYTHON=/path/to/python3
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	$$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo $$name; break; }; done)
PORT   ?= 8000
# What formats and checks the JavaScript, where somebody has installed it.
BIOME  := course_lib/explore/js/node_modules/.bin/biome
# Test processes: one more than there are cores, as some tests wait; each computes on one thread.
JOBS   ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

# Python keeps what it has compiled, also where the environment asks that nothing be kept: kernels and tests start often.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help book site downloads lab test whole gate kernels lint bench pin clean

help: ## say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1	\2/' | expand -t 16

book: site ## build the site, serve it, and say where
	@$(BIN)/course serve --port $(PORT)

site: $(STAMP) ## build the site into _build/html; a warning is an error
	@$(BIN)/course site

downloads: site ## build the site, and offer it on it as a PDF (with a Chromium) and as a zip
	@$(BIN)/course downloads

lab: $(STAMP) ## open your own copies of the chapters (in work/) in JupyterLab
	@$(BIN)/course work || test $$? = 1 # 1: a copy cannot be read, which was said
	@$(BIN)/jupyter lab work/00_contents.ipynb

test: lint ## run every test; what needs a browser is skipped, loudly, without one
	@OMP_NUM_THREADS=1 MPLBACKEND=agg $(BIN)/python -m pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder

whole: ## run every test, also of what `make test` takes a sample: all pages, answers, seeds, settings
	@WHOLE=1 $(MAKE) --no-print-directory test

gate: $(STAMP) ## of these, those of exercises: every answer to each in the page and in Python, and compare
	@WHOLE=1 OMP_NUM_THREADS=1 MPLBACKEND=agg $(BIN)/python -m pytest -q -n $(JOBS) \
		tests/site/test_gate.py tests/inpage tests/grading tests/exercises

# Kernels of NumPy (OpenBLAS) and torch (ATen), the oldest first; the newest only where the processor has AVX-512.
KERNELS ?= Nehalem:default Haswell:avx2 $(shell grep -qw avx512f /proc/cpuinfo 2>/dev/null && echo SkylakeX:avx512)
TRAINS  := tests/studies tests/ensembles tests/nn tests/deep tests/optim/test_measured_numbers.py tests/notebooks/test_runs.py tests/chapters book

kernels: $(STAMP) ## run what trains networks as other processors would
	@for kernel in $(KERNELS); do \
		echo "With the kernels $$kernel"; \
		OPENBLAS_CORETYPE=$${kernel%:*} ATEN_CPU_CAPABILITY=$${kernel#*:} OMP_NUM_THREADS=1 MPLBACKEND=agg WHOLE=1 \
			$(BIN)/python -m pytest -q -n $(JOBS) --dist loadscope --no-loadscope-reorder $(TRAINS) || exit 1; \
	done

lint: $(STAMP) ## check style, and that notebooks are clean
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { $(BIN)/ruff format --check . ; echo "ruff format . sets it right"; exit 1; }
	@$(BIN)/course notebooks --check
	@if test -x $(BIOME); then $(BIOME) ci --error-on-warnings . ; \
	else echo "The JavaScript is not checked: npm ci --prefix course_lib/explore/js brings what checks it"; fi

bench: $(STAMP) ## measure speed, print the tables, write book/performance.md
	@$(BIN)/python -m benchmarks

pin: ## renew requirements.txt from pyproject.toml
	@$(MAKE) --no-print-directory check-python
	rm -rf $(VENV)-pin && $(PYTHON) -m venv $(VENV)-pin
	$(VENV)-pin/bin/python -m pip install --quiet ".[data,deep,cluster,lab,site,dev]"
	{ sed -n '/^#/p' requirements.txt; $(VENV)-pin/bin/python -m pip freeze --exclude course-lib | sed 's/+cpu$$//'; } > $(VENV)-pin/pins
	mv $(VENV)-pin/pins requirements.txt && rm -rf $(VENV)-pin

clean: ## remove what was built, but not .venv
	rm -rf _build .pytest_cache .ruff_cache .hypothesis

.PHONY: check-python
check-python:
	@test -n "$(PYTHON)" || { echo "This book is built with Python 3.11, 3.12 or 3.13, and none was found." >&2; \
		echo "Install one, or name it: make book PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || { \
		echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13, with one of which this book is built." >&2; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) lacks venv or ensurepip (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }

$(STAMP): requirements.txt pyproject.toml
	@$(MAKE) --no-print-directory check-python
	@echo "Setting up $(VENV) with $(PYTHON) (a few minutes, once)"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
