# Each target sets up by itself all that it needs, from the lock files; what is up to date is left alone.
# Needed on the machine: Python 3.11 or later, make, git. Another Python: make PYTHON=/path/to/python3 ...
# More arguments for the test runner: make test ARGS="-k blur"

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
ARGS ?=

# What the Procfile starts; apart from the engine these are folders of services/. The training of digits, which brings
# TensorFlow, is started where `make train` has set it up.
override PROGRAMS = $(filter-out digit_training,$(shell sed -n 's/^\([a-z_]*\):.*/\1/p' Procfile))
override RUN := .venv/bin/python -m
override SYNC = $(if $(PYTHON),$(PYTHON),$(error Python 3.11 or later is needed; none was found. \
	Name one with PYTHON=/path/to/python3)) tools/sync.py

# Variables of another environment that this shell may be in; they would lead Python astray.
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV
# Compiled modules are kept, in the environments: each start after the first takes half the time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo run train models test check faults fuzz audit images screenshots bench schema format clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
		printf 'make %-11s %s\n' "$$name" "$$text"; done

setup: ## all environments, as the lock files say
	@$(SYNC)

demo: ## blur the face of the sample picture through the engine and two services, and show what happened
	@$(SYNC) engine image_processing face_detection
	@$(RUN) tools.demo

run: ## start engine and services, load the pipelines, serve the web page, stay until Ctrl-C
	@$(SYNC) $(PROGRAMS) webapp
	@$(RUN) tools.web build
	@$(RUN) tools.run

train: ## train the model that reads digits, publish it, and serve it where it is not worse than the one that is served
	@$(SYNC) training
	@cd services/digit_recognition/training && DIGIT_MODELS="$${DIGIT_MODELS:-$(CURDIR)/data/digits/models}" \
		DIGIT_WORK="$${DIGIT_WORK:-$(CURDIR)/data/digits/work}" .venv/bin/python -m digit_training train $(ARGS)

models: ## fetch DeepFace's models, which tell age, gender, expression and race of faces (1.6 GB)
	@$(SYNC) engine
	@$(RUN) tools.models $(ARGS)

test: ## all tests of the engine, the SDK, the services and the web page
	@$(SYNC) --tolerate-python
	@$(RUN) tools.suites $(ARGS)

check: ## formatting, types, imports, budgets
	@$(SYNC) --tolerate-python
	@$(RUN) tools.check

images: ## build the components' images as their Dockerfiles say, run each, measure it (root; ARGS="engine": that one)
	@$(SYNC) engine
	@$(RUN) tools.images $(ARGS)

faults: ## the proofs of reliability in full: kills, outages, full disks, clocks, schedules (hours)
	@$(SYNC) engine
	@$(RUN) tests.faults $(ARGS)

fuzz: ## fuzz what reads the bytes of strangers: forms, JSON, definitions, all of the HTTP interface (a minute)
	@$(SYNC) engine
	@$(RUN) tests.walls.fuzz $(ARGS)

audit: ## look for known weaknesses in all that the lock files name; asks hosts outside
	@$(SYNC) engine
	@$(RUN) tools.audit $(ARGS)

screenshots: ## pictures of every page of the web page, as a browser shows it
	@$(SYNC) engine image_processing face_detection webapp
	@$(RUN) tools.browser screenshots $(ARGS)

bench: ## the benchmarks: speed beside a bare script that makes the same calls
	@$(SYNC) engine
	@$(RUN) benchmarks $(ARGS)

schema: ## the types of what the web page asks, from the engine's OpenAPI document
	@$(SYNC) engine webapp
	@$(RUN) tools.schema

format: ## bring the code into shape
	@$(SYNC) engine webapp
	@.venv/bin/isort --resolve-all-configs --config-root . --quiet . && .venv/bin/black --quiet .
	@$(RUN) tools.web prettier --write --log-level=warn .

clean: ## remove environments, caches and results; data/ is kept
	@rm -rf .venv .audit .node services/*/.venv services/*/*/.venv webapp/node_modules tools/delivery/node_modules webapp/dist webapp/screenshots demo benchmarks/out .cache .gitlab-ci-local reports .mypy_cache .pytest_cache .hypothesis \
		.import_linter_cache services/*/.mypy_cache services/*/.pytest_cache services/*/.hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
