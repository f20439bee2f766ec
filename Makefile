# Parlour. The person's commands are: make run, make up, make test. Arguments of the stack go into ARGS: make up ARGS="--port-base 51051".
MAKEFLAGS += --no-print-directory
.SILENT:
.PHONY: setup run up test test-alerts test-dashboards test-images rehearse-restore dashboards licences release-protos release-databases check check-manifests audit docs protos lock bench bench-credit bench-credit-growth bench-memory bench-recall bench-context bench-gateway bench-traces bench-addressing train-addressing chaos chaos-gateway load clean
.DELETE_ON_ERROR:

BIN := .venv/bin
PROTOS := $(wildcard protos/parlour/*/v1/*.proto)
IMAGES := credit memory conversation gateway console
PYTHONS := $(PYTHON) python3 python3.14 python3.13 python3.12
ASK := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))

run: setup ## start everything and chat
	exec $(BIN)/python -m services.local run $(ARGS)

up: setup ## start everything, until Ctrl-C
	exec $(BIN)/python -m services.local up $(ARGS)

# Files in the order of their names: those that start whole stacks come first, so that no worker is left with one at the end.
test: check check-manifests ## lint, types and every test but the long tiers: twelve minutes, half an hour on a slow machine
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --session-timeout 3000 $(ARGS)

check: setup ## what needs no test to run: style, types, protos
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/buf lint
	$(BIN)/buf breaking --against protos/released.binpb
	rm -rf out/protos && mkdir -p out/protos && $(call generate,out/protos)
	for made in $$(cd out/protos && find . -type f); do \
	  cmp -s out/protos/$$made protos/$$made || { echo "protos/$$made is not what its proto makes: run make protos." >&2; exit 1; }; done

# In an environment of its own: it pins much that we use in other versions.
check-manifests: setup out/checkov/installed ## k8s/ as Kubernetes would get it, looked through for what is not safe
	rm -rf out/manifests && mkdir -p out/manifests
	for step in $$(cd k8s/overlays && dirname $$(find . -name kustomization.yaml -not -path '*/images/*')); do \
	  $(BIN)/kubectl kustomize k8s/overlays/$$step > out/manifests/$$(echo $$step | tr -c 'a-z\n' -).yaml || exit 1; done
	out/checkov/bin/checkov --config-file k8s/checkov.yaml --directory out/manifests

audit: setup out/pip-audit/installed ## known vulnerabilities of everything that is pinned: needs PyPI's own index, which has the advisories
	for lock in requirements.lock locks/*.lock; do out/pip-audit/bin/pip-audit --strict --disable-pip --require-hashes -r $$lock || exit 1; done

out/%/installed: locks/%.lock .venv/installed
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python out/$*
	VIRTUAL_ENV=out/$* $(BIN)/uv pip sync --quiet --require-hashes locks/$*.lock
	touch $@

setup: .venv/installed ## the environment in .venv, from the lock file

# Written last: an interrupted setup goes on where it was. Everything is told to standard error: the output of `make run` is the answers.
.venv/installed: requirements.lock pyproject.toml
	for python in $(PYTHONS); do $$python -c '$(ASK)' </dev/null 2>/dev/null && break || python=; done; \
	[ -n "$$python" ] || { echo "Parlour needs Python 3.12 or newer with its venv module: install one (such as python3.13 and python3.13-venv)," \
	  "or name it with make PYTHON=/path/to/python3.13." >&2; exit 1; }; \
	$(BIN)/python -c '$(ASK)' </dev/null 2>/dev/null || { echo "Setting up .venv with $$python ..." >&2; $$python -m venv --clear .venv; }
	$(BIN)/python -m pip install --disable-pip-version-check --no-input --require-hashes --no-deps -r requirements.lock </dev/null >&2
	$(BIN)/python -m pip install --disable-pip-version-check --no-input --no-deps --no-build-isolation --quiet -e . </dev/null >&2
	touch $@

protos: setup ## the code generated from the protos, committed
	$(call generate,protos)

define generate
PATH=$$PWD/$(BIN):$$PATH $(BIN)/python -m grpc_tools.protoc -Iprotos --python_out=$(1) --grpc_python_out=$(1) \
  --mypy_out=quiet:$(1) --mypy_grpc_out=quiet,generate_concrete_servicer_stubs:$(1) $(PROTOS) && rm -f $(1)/parlour/rules/v1/*_grpc*
endef

test-alerts: setup ## the alerts, tried out by promtool, which comes with Prometheus
	$(BIN)/python -m tests.alerts

release-protos: setup ## protos/released.binpb: what callers of the last release were promised; written at a release, never to silence a check
	$(BIN)/buf build --exclude-source-info -o protos/released.binpb

release-databases: setup ## tests/released/*.sql: what people left in the last release's databases; written at a release, never to silence a check
	$(BIN)/python -m tests.released

licences: setup ## every package that is pinned, with its licence
	$(BIN)/python -m tests.licences

dashboards: setup ## observability/grafana/, from observability/panels.py
	$(BIN)/python -m observability

test-dashboards: setup ## every panel, asked of a real Prometheus while people talk to a real stack
	$(BIN)/python -m tests.dashboards $(ARGS)

test-images: setup ## builds every image and runs compose.yaml from them, without a Docker engine: needs root, buildah and debootstrap
	$(BIN)/python -m tests.images

rehearse-restore: setup ## loses a busy stack's database for good, restores it from a base backup and the log, and compares every row
	$(BIN)/python -m tests.rehearsals.restore $(ARGS)

docs: setup ## the parts of docs/ that are made from the code
	$(BIN)/python -m tests.made_docs

LOCKED := $(BIN)/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header

lock: setup ## requirements.lock, from pyproject.toml, and what each image installs of it, in locks/
	$(LOCKED) --extra dev pyproject.toml -o requirements.lock
	$(LOCKED) -c requirements.lock training/requirements.in -o requirements-training.lock
	for image in $(IMAGES); do $(LOCKED) -c requirements.lock --extra $$image pyproject.toml -o locks/$$image.lock || exit 1; done
	echo hatchling | $(LOCKED) -c requirements.lock - -o locks/build.lock
	for tool in checkov pip-audit; do echo $$tool | $(LOCKED) - -o locks/$$tool.lock || exit 1; done

bench: setup ## the figures of the README, as a table and a last line of JSON
	$(BIN)/python -m tests.bench $(ARGS)

bench-credit: setup ## the credit engine and its calls, beside what bounds them; ARGS="--seconds 5" for a quick look
	$(BIN)/python -m tests.bench.credit $(ARGS)

bench-gateway: setup ## what a turn costs with 10,000 known people, model aside
	$(BIN)/python -m tests.bench.gateway $(ARGS)

bench-traces: setup ## whether each of 1,000 turns is one whole trace, and every log line names its own
	$(BIN)/python -m tests.bench.traces $(ARGS)

bench-memory: setup ## memory's searches and batch adds, beside what bounds them; ARGS="--seconds 5 --reads 500" for a quick look
	$(BIN)/python -m tests.bench.memory $(ARGS)

bench-recall: setup ## how well memory finds what answers a question: DATA=a folder of dialogues
	$(BIN)/python -m tests.bench.recall $(DATA)

bench-context: setup ## how well conversations stay on topic: DATA=a folder of dialogues; ARGS="--only evidence" for a part
	$(BIN)/python -m tests.bench.context $(DATA) $(ARGS)

bench-addressing: setup ## how well the gateway tells what is meant for the assistant: DATA=a folder of channel logs
	$(BIN)/python -m tests.bench.addressing $(DATA)

# One thread: sums in another order would be other bytes. What is needed for training alone is installed here and not by setup.
train-addressing: setup ## the model that tells it, from the logs' split "train", committed: DATA=a folder of channel logs
	$(BIN)/python -m pip install --disable-pip-version-check --no-input --require-hashes --no-deps --quiet -r requirements-training.lock </dev/null >&2
	OMP_NUM_THREADS=1 $(BIN)/python -m training.addressing $(DATA)

bench-credit-growth: setup ## the same as accounts and the journal grow, as a Markdown table
	$(BIN)/python -m tests.bench.credit --growth $(ARGS)

chaos: setup ## everything that is broken on purpose, part by part: more than two hours; ARGS="--parts bank,matrix" for some
	$(BIN)/python -m tests.chaos $(ARGS)

chaos-gateway: setup ## 10,000 messages to two gateways in one Discord while one is paused and the other killed; ARGS="--messages 1000" for a quick look
	$(BIN)/python -m tests.chaos.gateway $(ARGS)

# What is not given is as `python -m tests.load run --help` says.
load: setup ## guilds and people in an open loop: make load USERS=1000 RATE=10 MINUTES=2 MIX=questions=60,chatter=40 PROFILE=spike OUT=out/load
	$(BIN)/python -m tests.load run $(if $(USERS),--users $(USERS)) $(if $(RATE),--rate $(RATE)) $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(MIX),--mix $(MIX)) $(if $(PROFILE),--profile $(PROFILE)) $(if $(SEED),--seed $(SEED)) $(if $(OUT),--out $(OUT)) $(ARGS)

clean: ## everything that was made here, but the data in .parlour
	rm -rf .venv out .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
