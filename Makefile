PYTHON ?= python3
BIN := .venv/bin
TESTS ?=

.PHONY: setup demo test test-wheel check bench soak golden docs dist clean

setup: .venv/installed build/names/lowbackground

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

build/names/lowbackground: # static tools read the tree; these links give them the installed names
	mkdir -p $@
	cd $@ && for part in pipeline detectors manifests; do ln -sfn ../../../$$part $$part; done
	cd $@ && for file in __init__.py __main__.py py.typed; do ln -sfn ../../../lowbackground/$$file $$file; done

demo: setup
	$(BIN)/lowbackground demo

test: setup
	$(BIN)/python -m pytest -n 2 $(TESTS)

test-wheel: setup # the same suite against what a user would install, with the checkout out of reach
	rm -rf build/wheel build/dist build/lib
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w build/dist .
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target build/wheel build/dist/*.whl
	PYTHONPATH=build/wheel:. LOWBACKGROUND_WHEEL=$(CURDIR)/build/wheel $(BIN)/pytest -n 2 -o pythonpath= $(TESTS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_layers.py

bench: setup
	$(BIN)/python -m benchmarks

soak: setup
	LOWBACKGROUND_SOAK=1 $(BIN)/python -m pytest -n 2 -m soak

golden: setup
	$(BIN)/python -m pytest -q tests/golden --update-golden

docs: setup # the pages that list what the program knows
	$(BIN)/python docs/render.py

dist: setup
	$(BIN)/python -m build

clean:
	rm -rf .venv build dist *.egg-info
