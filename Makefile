# Environments are made on first use, each from its pins in constraints/. `make help` lists the targets.

# With a worker that is replaced after a crash, pytest-xdist waits for ever.
PYTEST_ARGS ?= -q -n 2 --dist loadfile --max-worker-restart 0

.PHONY: help demo test thorough thorough-seed test-seed test-mx16 lint bench bench-seed soak docs docs-output clean
.DEFAULT_GOAL := help

help:
	@echo "make demo       inspect, train until the loss goes NaN, dump, replay, explain (under 4 minutes after installation)"
	@echo "make test       the tests on mxnet 1.9.1          Python 3.11 to 3.8, or PYTHON=..."
	@echo "make thorough   the tests that take many processes, hangs or a browser"
	@echo "make test-seed  the tests on mxnet-mkl 1.4.1      Python 3.7, or PYTHON37=..."
	@echo "make test-mx16  the tests on mxnet-mkl 1.6.0      Python 3.7 or 3.8, or PYTHON37=..."
	@echo "make lint       ruff, mypy, import-linter         Python 3.11 or 3.10, or PYTHON_LINT=..."
	@echo "make bench      what watching costs, in ratios    BENCH_ARGS='--quick' for twenty minutes of it"
	@echo "make bench-seed the same on mxnet-mkl 1.4.1"
	@echo "make soak       the long runs"
	@echo "make docs       the documentation site, in site/  Python 3.11 or 3.10, or PYTHON_DOCS=..."
	@echo "make docs-output  run the commands of the tutorial again; what they print, and the pictures, go into it"
	@echo "make clean      remove environments, builds, caches and the demo's output"
	@echo
	@echo "PYTEST_ARGS='...' replaces the options of pytest ($(PYTEST_ARGS)). An environment keeps its Python until 'make clean'."

BUILD = pyproject.toml nanhunt/_version.py tools/environment.sh

.venv/.stamp: $(BUILD) $(wildcard constraints/default-*.txt)
	@sh tools/environment.sh .venv default cpu,test,browser PYTHON 3.11 3.10 3.9 3.8

.venv-seed/.stamp: $(BUILD) constraints/seed-py37.txt
	@sh tools/environment.sh .venv-seed seed seed-cpu,test PYTHON37 3.7

.venv-mx16/.stamp: $(BUILD) $(wildcard constraints/mx16-*.txt)
	@sh tools/environment.sh .venv-mx16 mx16 mx16,test PYTHON37 3.7 3.8

.venv-lint/.stamp: $(BUILD) constraints/lint.txt
	@sh tools/environment.sh .venv-lint lint lint PYTHON_LINT 3.11 3.10

.venv-docs/.stamp: $(BUILD) constraints/docs.txt
	@sh tools/environment.sh .venv-docs docs docs PYTHON_DOCS 3.11 3.10

demo: .venv/.stamp
	@PATH="$(CURDIR)/.venv/bin:$$PATH" sh demo/run.sh

test: .venv/.stamp
	.venv/bin/python -m pytest $(PYTEST_ARGS)

test-seed: .venv-seed/.stamp
	.venv-seed/bin/python -m pytest $(PYTEST_ARGS)

test-mx16: .venv-mx16/.stamp
	.venv-mx16/bin/python -m pytest $(PYTEST_ARGS)

# What takes many processes, waits for hangs, or drives a browser.
thorough: .venv/.stamp docs
	.venv/bin/python -m pytest $(PYTEST_ARGS) -m thorough

thorough-seed: .venv-seed/.stamp
	.venv-seed/bin/python -m pytest $(PYTEST_ARGS) -m thorough

# All four, whichever fails.
lint: .venv-lint/.stamp
	@status=0; \
	for tool in "ruff check ." "ruff format --check ." mypy "lint-imports --no-logo"; do \
	    echo "$$tool"; .venv-lint/bin/$$tool || status=1; \
	done; \
	exit $$status

bench: .venv/.stamp
	.venv/bin/python tests/bench/run.py $(BENCH_ARGS)

bench-seed: .venv-seed/.stamp
	.venv-seed/bin/python tests/bench/run.py $(BENCH_ARGS)

soak: .venv/.stamp
	.venv/bin/python tests/faults/run.py
	.venv/bin/python tests/soak/run.py
	.venv/bin/python tests/soak/inspection.py
	PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python tools/docs/output.py --check docs/tutorial.md

docs: .venv-docs/.stamp
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --quiet
	@echo "open site/index.html; for its search: python -m http.server --directory site"

docs-output: .venv/.stamp .venv-docs/.stamp
	PATH="$(CURDIR)/.venv/bin:$$PATH" .venv-docs/bin/python tools/docs/output.py docs/tutorial.md

clean:
	rm -rf .venv .venv-seed .venv-mx16 .venv-lint .venv-docs build dist site *.egg-info demo-out
	rm -rf .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find nanhunt probes tests -name __pycache__ -type d -prune -exec rm -rf {} +
