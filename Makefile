# Every target works from a clean clone with python3 and make; `make` alone lists them.
# What a target needs is prepared first, once: uv, the virtual environment, the engine.

SHELL := /bin/sh
.DEFAULT_GOAL := help

UV_VERSION := 0.13.9
CACHE := $(or $(ISTHMUS_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/isthmus)

# uv on PATH, else one of our own in the user's cache.
OWN_UV := $(CACHE)/uv/$(UV_VERSION)/bin/uv
UV := $(or $(shell uv --version >/dev/null 2>&1 && command -v uv),$(OWN_UV))
export UV
export PATH := $(CURDIR)/.venv/bin:$(PATH):$(dir $(UV))

READY := .venv/.ready
ISTHMUS := .venv/bin/isthmus
# SHORT=1 runs the short form of drills and benchmarks; ONLY="training transfer" these benchmarks, and
# RELEASE=release/ names what the section serving serves.
SHORT ?=
ONLY ?=
# Files of tests that run at a time; the tests of a file stay together, as they share an estate. 0: one by one.
PROCESSES ?= 2
SIDE_BY_SIDE := -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

.PHONY: help
help: ## this list
	@echo "Usage: make TARGET      (first: make rehearse)"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-11s %s\n", $$1, $$2 }'

.PHONY: setup
setup: $(READY) ## the Python environment, from the committed lock

.PHONY: rehearse
rehearse: $(READY) ## the whole estate on this machine: train, release, serve, recommend
	@$(ISTHMUS) rehearse

.PHONY: down
down: $(READY) ## end the rehearsal and everything that it runs
	@$(ISTHMUS) down

.PHONY: doctor
doctor: $(READY) ## what is on this machine, what is missing, the command that mends it
	@$(ISTHMUS) doctor

.PHONY: test
test: lint engine ## everything that must pass: lint, types, tests
	@echo "== tests"
	@.venv/bin/python -m pytest $(SIDE_BY_SIDE) $(PYTEST)

.PHONY: browser
browser: ## Chromium from Debian, for the tests that look at pages; without it they are skipped
	@if command -v chromium >/dev/null; then echo "== Chromium is there"; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "== Chromium (apt-get)"; \
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends chromium; } \
		>/dev/null 2>&1 || echo "Chromium could not be installed; tests of pages are skipped"; \
	else echo "== no Chromium, and only root of a Debian installs it here; tests of pages are skipped"; fi

.PHONY: images
images: $(READY) ## the images of the pods from their Containerfiles, pushed and run on this machine: some minutes
	@if command -v buildah >/dev/null && command -v mmdebstrap >/dev/null && command -v docker-registry >/dev/null; \
		then echo "== buildah, mmdebstrap and docker-registry are there"; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "== buildah, mmdebstrap, docker-registry (apt-get)"; \
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends \
		buildah mmdebstrap docker-registry; } >/dev/null 2>&1 || echo "They could not be installed; the test is skipped"; \
	else echo "== no buildah, and only root of a Debian installs it here; the test is skipped"; fi
	@.venv/bin/python -m pytest -m images -rs tests/images $(PYTEST)

.PHONY: monitoring
monitoring: $(READY) ## every query of alerts and dashboard by the real Prometheus, over the real tritonserver
	@.venv/bin/python -m pytest -m monitoring -rs tests/serving/monitoring $(PYTEST)

.PHONY: canary
canary: $(READY) engine ## bad releases taken back by Argo Rollouts itself while callers ask: 10 to 20 minutes, and 20 more the first time
	@echo "== Argo Rollouts"
	@.venv/bin/python -m rehearsal.rollouts
	@.venv/bin/python -m pytest -m canary -rs -s tests/rehearsal/drills $(PYTEST)

.PHONY: fuzz
fuzz: $(READY) ## 10,000 requests that nobody should send, against a front and the real tritonserver: some minutes
	@.venv/bin/python -m pytest -m fuzz -rs -s tests/serving/fuzz $(PYTEST)

.PHONY: link
link: $(READY) ## the link with real strongSwan, FRR and keepalived in network namespaces: some minutes
	@if command -v mmdebstrap >/dev/null; then echo "== mmdebstrap is there"; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "== mmdebstrap (apt-get)"; \
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends \
		mmdebstrap iproute2; } >/dev/null 2>&1 || echo "It could not be installed; the drill is not played"; \
	else echo "== no mmdebstrap, and only root of a Debian installs it here; the drill is not played"; fi
	@.venv/bin/python -m rehearsal.drills link
	@.venv/bin/python -m pytest -m link -rs tests/rehearsal/drills $(PYTEST)

.PHONY: long
long: $(READY) engine ## tests of whole trainings, killed or run twice: some minutes more
	@echo "== long tests"
	@.venv/bin/python -m pytest -m long $(SIDE_BY_SIDE) $(PYTEST)

.PHONY: settings
settings: $(READY) ## 2,000 random settings that the check calls good, each built by the program: half an hour
	@echo "== random settings"
	@ISTHMUS_EXAMPLES=2000 .venv/bin/python -m pytest -m long -s tests/infra/test_random_settings.py $(PYTEST)

# ONLY=link.asn plays the settings of that beginning.
.PHONY: standing
standing: $(READY) engine ## every setting changed on an estate that stands, and while its clouds fail: over an hour
	@echo "== every setting on a standing estate"
	@ONLY="$(ONLY)" .venv/bin/python -m pytest tests/rehearsal/standing -m "" $(PYTEST)

# SHORT=1 leaves out the settings that are changed and changed back.
.PHONY: openstack
openstack: $(READY) engine ## prod's private site on the OpenStack services, changed and back: some minutes
	@echo "== prod's private site"
	@.venv/bin/python -m pytest -m openstack $(if $(SHORT),-k "not change_and_back") tests/rehearsal $(PYTEST)

.PHONY: scan
scan: $(READY) engine ## checkov over all manifests, prowler over the account of a rehearsal: some minutes
	@echo "== scanners, each in an environment of its own"
	@.venv/bin/python -m pytest -m scan tests/scan $(PYTEST)

# The extra stays in .venv afterwards; `make clean` and `make setup` are without it again.
.PHONY: spark
spark: $(READY) engine ## the tables by Spark, also as pods of a cluster, executors lost meanwhile: some minutes, 0.4 GB the first time
	@command -v java >/dev/null || [ -n "$$JAVA_HOME" ] || echo "== no Java on PATH (17 or 21); the tests are skipped"
	@$(UV) sync --frozen --extra all --extra spark --all-groups --quiet
	@.venv/bin/python -m pytest -m spark -rs tests/training tests/rehearsal/cluster $(PYTEST)

.PHONY: lint
lint: $(READY) ## ruff, mypy, and which way imports go
	@echo "== lint (ruff check)"
	@.venv/bin/ruff check .
	@echo "== format (ruff format --check)"
	@.venv/bin/ruff format --check .
	@echo "== types (mypy --strict)"
	@.venv/bin/mypy
	@echo "== Containerfiles (hadolint)"
	@[ ! -x .venv/bin/hadolint ] || .venv/bin/hadolint serving/Containerfile training/Containerfile training/spark.Containerfile
	@echo "== workflows (zizmor; actionlint where it is on PATH)"
	@[ ! -x .venv/bin/zizmor ] || .venv/bin/zizmor --quiet --offline --min-severity=medium .github/workflows
	@! command -v actionlint >/dev/null || actionlint
	@echo "== imports (import-linter)"
	@found=$$(.venv/bin/lint-imports --no-cache --no-logo) || { echo "$$found"; exit 1; }

.PHONY: format
format: $(READY) ## let ruff mend and lay out the code
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

.PHONY: bench
bench: $(READY) engine ## benchmarks: medians and ratios (SHORT=1: a few rounds; ONLY=training: that section)
	@.venv/bin/python -m tests.bench $(if $(SHORT),--short) $(ONLY:%=--only %) $(RELEASE:%=--release %)

.PHONY: drills
drills: $(READY) engine ## faults played in a rehearsal (SHORT=1: the quick ones)
	@.venv/bin/python -m rehearsal.drills $(if $(SHORT),--short)

.PHONY: clean
clean: ## end the rehearsal, remove it, the environment and the caches of this clone
	@if [ -x $(ISTHMUS) ] && [ -d .isthmus ]; then $(ISTHMUS) down || \
		{ echo "make clean: the rehearsal did not end; see above, then: make clean FORCE=1"; [ -n "$(FORCE)" ]; }; fi
	rm -rf .isthmus .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A step of its own: tests need the engine and what stands behind the plugins before pytest's time limits begin.
.PHONY: engine
engine: $(READY)
	@echo "== engine"
	@.venv/bin/python -m rehearsal.engine
	@echo "== control plane"
	@.venv/bin/python -m rehearsal.control_plane
	@echo "== OpenStack services"
	@.venv/bin/python -m rehearsal.openstack_services

# How many packages are installed: the one line of progress counts them.
PACKAGES := ls -d .venv/lib/python3*/site-packages/*.dist-info 2>/dev/null | wc -l

# Bytecode now: where PYTHONDONTWRITEBYTECODE is set, every start of a program or plugin would compile the SDKs
# again, which alone doubles the seconds of an up without changes.
# Written last, so that an interrupted installation is taken up again.
$(READY): pyproject.toml serving/client/pyproject.toml uv.lock | $(UV)
	@echo "== environment (uv sync; the first time some minutes, about 1 GB)"
	@if [ -t 2 ]; then \
		(seconds=0; while kill -0 $$$$ 2>/dev/null; do \
			printf '\r   %d:%02d, %d packages ' $$((seconds / 60)) $$((seconds % 60)) $$($(PACKAGES)) >&2; \
			sleep 1; seconds=$$((seconds + 1)); \
		done) & shown=$$!; \
		trap 'kill $$shown; printf "\r" >&2' EXIT; \
	fi; \
	$(UV) sync --frozen --extra all --all-groups --compile-bytecode --quiet
	@echo "   $$($(PACKAGES)) packages are in .venv"
	@.venv/bin/python -m compileall -q infra isthmus rehearsal serving training
	@touch $@

# Made aside and renamed: an interrupted one leaves nothing that looks whole.
$(OWN_UV):
	@echo "== uv $(UV_VERSION)"
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' || \
		{ echo "make: python3 is missing or older than 3.9; install Python 3.11 or newer" >&2; exit 1; }
	@folder=$(CACHE)/uv/.partial-$$$$; rm -rf $(CACHE)/uv/.partial-*; mkdir -p $(CACHE)/uv; \
	python3 -m venv $$folder >/dev/null 2>&1 && pip="$$folder/bin/python -m pip" || pip="python3 -m pip"; \
	$$pip install --quiet --disable-pip-version-check --target $$folder/uv uv==$(UV_VERSION) && \
	mkdir -p $$folder/whole/bin && cp $$folder/uv/bin/uv $$folder/whole/bin/uv && \
	rm -rf $(CACHE)/uv/$(UV_VERSION) && mv $$folder/whole $(CACHE)/uv/$(UV_VERSION) && rm -rf $$folder || \
		{ rm -rf $$folder; echo "make: uv could not be installed from PyPI; install it (https://docs.astral.sh/uv) and try again" >&2; exit 1; }
