# Everything runs in the project's own virtual environment, made by the first target that needs it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev
NEURAL := $(VENV)/.installed-neural
DOCS   := $(VENV)/.installed-docs
# torch for neural encoders: cpu (some 200 MB), or cuda (gigabytes), which is what PyPI has for Linux.
TORCH  ?= cpu
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Two test processes: with a thread of linear algebra for every core each, they would wait for one another.
ONE_EACH := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help install neural demo docs test quick mutants environments check fix bench clean

help: ## print the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (about a minute, most of it downloads; nothing is printed meanwhile) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Sensorium needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade "pip>=25.1"
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(DEV): $(STAMP)
	@echo "Adding what tests and checks need ..."
	@$(PIP) install --constraint constraints.txt --editable ".[serve]" --group dev
	@touch $@

$(NEURAL): $(DEV)
	@echo "Adding neural encoders with torch for $(TORCH); make TORCH=cuda for a GPU ..."
	@test "$(TORCH)" != cpu || $(PIP) install --no-deps --retries 1 --timeout 15 --constraint constraints.txt \
		--index-url https://download.pytorch.org/whl/cpu torch || \
		echo "PyTorch's index of CPU builds cannot be used; torch comes from the usual one."
	@$(PIP) install --constraint constraints.txt --editable ".[neural,serve]" --group dev --group neural-test
	@touch $@

$(DOCS): $(DEV)
	@$(PIP) install --constraint constraints.txt --group docs
	@touch $@

install: $(DEV) ## make the virtual environment, with what tests and checks need

demo: $(STAMP) ## make a demo world, fit, evaluate and show recommendations
	@$(BIN)/sensorium demo demo

neural: $(NEURAL) ## add neural encoders to it: torch, sentence-transformers, one small model

docs: $(DOCS) ## build the site of the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet && \
		echo "Open site/index.html; to search, serve it: python3 -m http.server --directory site"

test: $(NEURAL) $(DOCS) check ## every check and every test
	@$(ONE_EACH) $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder

quick: $(DEV) ## the tests without the slow ones
	@$(ONE_EACH) $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder -m "not slow"

mutants: $(NEURAL) ## put known faults into a copy, one at a time: do the tests notice?
	@$(BIN)/python tests/mutants/run.py --jobs 2

environments: $(NEURAL) ## the tests as other machines run them: processor, cores, country, order (hours)
	@$(BIN)/python tests/other_machines.py

check: $(DEV) ## format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports

fix: $(DEV) ## format and repair what ruff can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(DEV) ## run the benchmarks; writes benchmarks/results
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

clean: ## remove what the other targets made
	rm -rf $(VENV) demo site build dist .pytest_cache .ruff_cache .hypothesis .mutants.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
