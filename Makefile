# make run, make test: the two commands. Both begin with make setup, which is quick once it has been done.
PYTHON = .venv/bin/python

.PHONY: run test setup setup-look setup-screen check fuzz bench accuracy demo record lock clean

run: setup
	.venv/bin/suanxuan --sample

# In CI the virtual screen is installed too, so that the drag and drop onto a real window is tested; elsewhere that test may skip.
test: $(if $(CI),setup-screen) check
	QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest -n 2

setup:
	@sh packaging/setup.sh

setup-look: setup
	@sh packaging/setup-look.sh

setup-screen: setup
	-@sh packaging/setup-look.sh screen

check: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright
	.venv/bin/lint-imports

bench: setup
	QT_QPA_PLATFORM=offscreen $(PYTHON) -m tests.benchmarks
	$(PYTHON) -m tests.benchmarks.reading
	$(PYTHON) -m tests.benchmarks.profiling

# Mutants of all sample files, each with a limit of time and memory: make fuzz SECONDS=600 SEED=7
SECONDS = 300
SEED = 1
fuzz: setup
	$(PYTHON) -m tests.fuzz --seconds $(SECONDS) --seed $(SEED)

accuracy: setup
	$(PYTHON) -m tests.accuracy.report
	$(PYTHON) -m tests.benchmarks.accuracy

demo: setup
	.venv/bin/suanxuan demo --out demo-out

# The sample's Kineto trace, recorded anew: needs PyTorch, in a venv of its own.
record:
	sh resources/sample/record.sh

# Lock all dependencies anew. Afterwards put the aarch64 rows of PySide6 and shiboken6 back (see packaging/README.md).
lock: setup
	$(PYTHON) -m pip install -q pip-tools
	$(PYTHON) -m piptools compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	  --strip-extras --allow-unsafe --extra dev --no-header -o requirements.lock pyproject.toml

clean:
	rm -rf .venv .venv-* demo-out fuzz-out accuracy-out tour-out build dist *.egg-info .hypothesis .pytest_cache .ruff_cache .import_linter_cache
	find app tests -name __pycache__ -type d -prune -exec rm -rf {} +
