# Everything here is also a command without make: see the README.
PYTHON ?= python3
VENV := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help env book serve test test-slow test-gpu test-colab test-minima notebooks data models lint clean

help:  ## list these commands
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env:  ## set up the environment in .venv
	@$(PYTHON) -m tools.env

book:  ## set up the environment, build the site, say where it is
	@$(PYTHON) -m tools.book

serve:  ## show the built site on this machine
	@$(PYTHON) -m tools.serve

test:  ## set up the environment, run every test
	@$(PYTHON) -m tools.test

test-slow:  ## run the tests that take minutes
	@$(PYTHON) -m tools.test --slow

test-gpu:  ## run the tests and all notebooks on a GPU, if there is one
	@$(PYTHON) -m tools.test --gpu

test-colab: env  ## run every notebook as Colab does, from its first cell to submit()
	@$(VENV) -m tools.colab $(NAMES)

test-minima: env  ## test the package beside the oldest versions it declares
	@$(VENV) -m tools.minima

notebooks: env  ## make book/*.ipynb from book/*.md and run them
	@$(VENV) -m tools.build_notebooks $(NAMES)

data: env  ## fetch the data sets into the cache
	@$(VENV) -m course_attn.data

models: env  ## fetch the pretrained models (330 MB) into the cache
	@$(VENV) -m course_attn.pretrained

lint: env  ## check style and types
	@$(VENV) -m ruff check . && $(VENV) -m mypy

clean:  ## remove the built site (the environment stays)
	rm -rf _build build *.egg-info
