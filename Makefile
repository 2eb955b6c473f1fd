# One command sets up, one runs the demo, one tests. `make` lists them.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
export TF_HOME ?= $(CURDIR)/.tf
export DAGSTER_HOME = $(TF_HOME)/dagster
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# no library of ours sends usage statistics, and none fetches a model
export DAGSTER_DISABLE_TELEMETRY = yes
export GX_ANALYTICS_ENABLED = false
export HF_HUB_OFFLINE = 1
export WANDB_MODE = disabled

.DEFAULT_GOAL := help
.PHONY: help install run ui test lint bench simulate verify region fuzz clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

install: $(VENV)/installed  ## make the virtual environment and install the locked packages

# the lock comes first, so that torch finds all it needs; linktransformer's own pins are left aside (docs/explanation/installation.md)
$(VENV)/installed: requirements.lock pyproject.toml
	@echo "Installing into $(VENV): about three minutes and 3 GB"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

run: $(VENV)/installed  ## make the fictional England, run everything on it, say what came out
	@$(BIN)/tf-eval demo

ui: $(VENV)/installed  ## open Dagster on the same home
	@$(BIN)/tf-eval ui

test: $(VENV)/installed  ## run the whole test suite
	$(BIN)/pytest -n 2 --dist loadgroup

lint: $(VENV)/installed  ## style, types, import contracts, definitions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	env -u DAGSTER_HOME $(BIN)/dagster definitions validate -w workspace.yaml

bench: $(VENV)/installed  ## side-by-side measurements against peers
	$(BIN)/python -m benchmarks

simulate: $(VENV)/installed  ## how often intervals cover planted effects, 2,000 cohorts a scenario, about 15 minutes
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.simulate --cohorts 2000 --out docs/reference/simulation.md

fuzz: $(VENV)/installed  ## open ten thousand mutated returns (FUZZ="--files 50000 --seed 7"): a sentence for each, nothing else
	@$(BIN)/python -m tests.fuzz $(FUZZ)

verify: $(VENV)/installed  ## compare the finished run with the planted truth
	@$(BIN)/tf-eval verify

region: $(VENV)/installed  ## the same way at the size of a region, in a home of its own
	@TF_HOME=$(CURDIR)/.tf/region $(BIN)/tf-eval demo --size region

clean:  ## remove the demo's home; the virtual environment stays
	rm -rf $(TF_HOME)
