# Everything a developer or an operator of one machine does. `make` alone shows what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Where it is set, each process compiles every module anew: 5 seconds of each start.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
bin := .venv/bin
libraries := deploy/kafka/libs
folder ?= .run/demo
# Tests mostly wait: more processes than cores. Each has a broker and a database of its own, about 1 GB.
processes ?= 4
# Two at a time, each telling when it ends: one waits for packages while the other computes.
together := --no-print-directory --jobs 2 --output-sync=target
times ?= 5

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: .venv/installed $(libraries)/installed ## Install all that is needed, into this folder (and Java, Maven by apt if missing)

.PHONY: demo
demo: install ## Start the whole product here and walk a submission through it (in Chromium, by apt if missing)
	-deploy/requisites.sh chromium
	$(bin)/python -m deploy.demo

.PHONY: up
up: install ## Start the whole product here (folder=.run/demo)
	$(bin)/python -m deploy.local up --folder $(folder)

.PHONY: status
status: ## Show what runs here, and where the logs are
	$(bin)/python -m deploy.local status --folder $(folder)

.PHONY: down
down: ## Stop it; the data stay
	$(bin)/python -m deploy.local down --folder $(folder)

.PHONY: check
check: install ## Style, types and layers
	$(MAKE) $(together) style types layers

.PHONY: style types layers
style:
	$(bin)/ruff check
	$(bin)/ruff format --check
types:
	$(bin)/mypy
layers:
	$(bin)/lint-imports

.PHONY: browser
browser: # and promtool, for the tests
	deploy/requisites.sh chromium
	deploy/requisites.sh promtool

.PHONY: test
test: install ## All checks and all tests, but the long ones (Chromium by apt if missing)
	$(MAKE) $(together) types style layers browser
	$(bin)/python -m pytest -m "not long" --numprocesses $(processes) --dist loadfile --no-loadscope-reorder

.PHONY: steady
steady: install ## The tests 5 times beside a busy core: what failed, and how often (times=5)
	deploy/requisites.sh chromium
	deploy/requisites.sh promtool
	$(bin)/python -m tests.steady --times $(times) --processes $(processes) -- $(arguments)

.PHONY: examples
examples: install ## The tests by made-up examples, with twenty times as many
	HYPOTHESIS_PROFILE=thorough $(bin)/python -m pytest tests/unit --numprocesses $(processes) --dist loadfile

.PHONY: chaos
chaos: install ## Kill and cut off everything in turn, and count that nothing is lost
	$(bin)/python -m pytest tests/chaos -m long

.PHONY: simulate
simulate: install ## Histories of the runner in a made-up world, on all cores (arguments="--minutes 10", "--seed N")
	$(bin)/python -m tests.simulation $(arguments)

.PHONY: fuzz
fuzz: install ## 10,000 mutants of real workbooks (arguments="--run N" makes the same ones again)
	$(bin)/python -m tests.fuzz $(arguments)

.PHONY: mutants
mutants: install ## 200 small faults in what decides, one at a time: which does no test notice? (arguments="--seed 2")
	$(bin)/python -m tests.mutants $(arguments)

.PHONY: bench
bench: install ## Measure the runner beside a stage written by hand, and the whole chain under load
	$(bin)/python -m bench

.PHONY: requirements
requirements: install ## Show each requirement, its state and its tests
	$(bin)/python -m tests.requirements

.PHONY: wheel
wheel: install ## Build dist/solieu-….whl, which agencies install
	rm -rf build dist
	$(bin)/uv build --quiet --no-build-isolation --python $(bin)/python --wheel --out-dir dist .
	rm -rf build

.PHONY: lock
lock: .venv/installed ## Choose the newest versions of all packages, and lock them
	$(bin)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate \
		--extra server --extra dev pyproject.toml --output-file requirements.lock
	$(bin)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate \
		deploy/bootstrap.in --output-file deploy/bootstrap.lock

.PHONY: clean
clean: ## Delete the demo's data and all that install and the tools made
	if [ -x $(bin)/supervisord ]; then $(bin)/python -m deploy.local destroy --folder $(folder); fi
	rm -rf .venv .bench .run build dist $(libraries) deploy/kafka/target .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

# pip only brings uv, which then installs the hundred others in seconds instead of a minute.
.venv/installed: requirements.lock deploy/bootstrap.lock
	deploy/requisites.sh python $(PYTHON)
	[ -x $(bin)/pip ] || $(PYTHON) -m venv .venv
	$(bin)/pip install --quiet --require-hashes --requirement deploy/bootstrap.lock
	$(bin)/uv pip install --quiet --compile-bytecode --python $(bin)/python --require-hashes --requirement requirements.lock
	$(bin)/uv pip install --quiet --python $(bin)/python --no-deps --no-build-isolation --editable .
	touch $@

$(libraries)/installed: deploy/kafka/pom.xml
	deploy/requisites.sh java
	rm -rf $(libraries)
	mvn --quiet --batch-mode --file deploy/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=libs
	touch $@
