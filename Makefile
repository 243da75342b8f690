# `make` alone prints the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PY := .venv/bin/python
UV_VERSION := 0.13.9
PIP_AUDIT_VERSION := 2.10.1
APT_LINE := apt-get update && apt-get install -y make python3-venv libgomp1
CHROMIUM_LINE := apt-get update && apt-get install -y --no-install-recommends chromium-headless-shell
POOLER_LINE := apt-get update && apt-get install -y --no-install-recommends pgbouncer
NODE_LINE := apt-get update && apt-get install -y --no-install-recommends nodejs npm
# A start is a dozen processes that import the same modules: what one has compiled the others read.
export PYTHONDONTWRITEBYTECODE :=

# May be set: make demo ORDERS=file.csv HISTORY=60 STORES=2 AT=2027-02-28T23:58 PORT=8001 STORE_PORT=9301 STATE=folder
# and a month in minutes: make demo SCENARIO=drift DAYS=28 SPEED=8 (seconds a day takes at least) APPROVE=1 (nobody is asked)
ORDERS ?=
HISTORY ?=
STORES ?= 1
AT ?=
PORT ?= 8000
STORE_PORT ?= 9300
STATE ?=
SCENARIO ?=
DAYS ?=
SPEED ?=
APPROVE ?=
BASE ?=
HOST ?= 127.0.0.1
QUEUES ?= events default
NAME ?=
# The files in the order that tests/conftest.py gives them, each whole on one worker: what it has built is used again.
SPREAD ?= --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder
ARGS ?=
STORE_OPTIONS = $(if $(ORDERS),--orders "$(ORDERS)") $(if $(HISTORY),--history $(HISTORY)) $(if $(AT),--at $(AT)) $(if $(STATE),--state "$(STATE)") $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(DAYS),--days $(DAYS))

.PHONY: help setup tools demo operator run worker smoke lint test browser audit any-day image chromium pooler node benchmark

help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

setup: tools .venv/installed ## Install everything the app, its tests and the demo need; start nothing

tools:
	@missing=""; \
	python3 -m ensurepip --version >/dev/null 2>&1 || missing="python3-venv"; \
	ls /usr/lib/*/libgomp.so.1 >/dev/null 2>&1 || missing="$$missing libgomp1"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		$(APT_LINE); \
	elif [ -n "$$missing" ]; then \
		echo "Missing:$$missing. Run this as root, then make again: $(APT_LINE)" >&2; \
		[ "$${missing#*python3-venv}" = "$$missing" ] || exit 1; \
		echo "Going on without libgomp1: LightGBM is left out of training." >&2; \
	fi

.venv/installed: requirements.txt requirements-demo.txt requirements-s3.txt requirements-sentry.txt requirements-dev.txt constraints.txt | tools
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; this is $$(python3 --version)." >&2; exit 1; }
	@[ -x .venv/bin/uv ] || { python3 -m venv .venv && .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"; }
	.venv/bin/uv pip install --quiet --python $(PY) -r requirements-dev.txt -c constraints.txt
	@touch $@

demo: setup ## The whole product here: app, services, development store; prints one address
	@exec $(PY) manage.py demo --port $(PORT) --store-port $(STORE_PORT) --stores $(STORES) $(STORE_OPTIONS) $(if $(SPEED),--seconds-a-day $(SPEED)) $(if $(APPROVE),--approve)

operator: setup ## Someone for /admin/ of the demo that runs: NAME=, PASSWORD=, else both are asked for
	@OPERATOR_PASSWORD="$${PASSWORD-}" exec $(PY) manage.py operator $(if $(NAME),--name "$(NAME)") $(if $(STATE),--state "$(STATE)")

smoke: setup ## The demo without eyes; ends with one line of JSON
	@exec $(PY) manage.py smoke $(STORE_OPTIONS)

run: setup ## The web process as in production: DATABASE_URL, REDIS_URL and the rest of env.example
	@: "$${DATABASE_URL:?is not set: make demo brings its own database}" "$${REDIS_URL:?is not set: make demo brings its own Redis}"
	$(PY) manage.py check --deploy --fail-level ERROR
	$(PY) manage.py migrate --noinput
	$(PY) manage.py collectstatic --noinput -v 0
	exec $(PY) -m shopmlops.server --host $(HOST) --port $(PORT)

worker: setup ## Work off jobs as in production; QUEUES=training for a trainer
	@: "$${DATABASE_URL:?is not set: make demo brings its own database}" "$${REDIS_URL:?is not set: make demo brings its own Redis}"
	exec $(PY) manage.py work $(QUEUES)

lint: setup node ## Style, types, import rules, templates, the Dockerfile, Shopify's own check of extensions/
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/hadolint Dockerfile
	find . \( -path ./.venv -o -path ./node_modules \) -prune -o -path '*/templates/*' -name '*.html' -print0 | xargs -0r .venv/bin/djade --target-version 5.2 --check
	$(call if_node,npm run --silent lint)

test: setup chromium node pooler ## The whole suite, browser included, and the scripts of extensions/
	$(call if_node,npm run --silent test)
	$(if $(AT),TESTS_AT=$(AT)) .venv/bin/pytest $(SPREAD) --durations=10 $(ARGS)

browser: setup chromium ## Only the tests that drive Chromium
	.venv/bin/pytest -m browser $(ARGS)

image: setup ## The image, built with what is there (BASE=…@sha256:…), the app run and a version trained in it; minutes
	@exec $(PY) manage.py image $(if $(BASE),--base "$(BASE)")

audit: setup ## Known vulnerabilities and licences of what ships; says so where their database cannot be reached
	@$(PY) manage.py notices >/dev/null
	@said="$$(.venv/bin/uv tool run --quiet --from pip-audit==$(PIP_AUDIT_VERSION) pip-audit --strict --no-deps --disable-pip --progress-spinner off -r constraints.txt 2>&1)" && { echo "$$said" | tail -1; exit 0; }; \
	if grep -qE "could not be audited|ConnectionError|Failed to (fetch|resolve)" <<<"$$said"; then \
		echo "The database of vulnerabilities cannot be reached from here: nothing was checked." >&2; exit 2; \
	fi; \
	echo "$$said" >&2; exit 1

any-day: setup ## The smoke run on six awkward days and the tests on two; an hour or so, not in CI
	@exec $(PY) manage.py any_day

chromium:
	@if [ -x /usr/bin/chromium-headless-shell ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then ($(CHROMIUM_LINE)) >/dev/null || [ -x /usr/bin/chromium ]; \
	elif [ -x /usr/bin/chromium ]; then :; \
	else echo "Chromium is not installed, so the browser tests are skipped. As root: $(CHROMIUM_LINE)" >&2; fi

pooler:
	@if [ -x /usr/sbin/pgbouncer ] || command -v pgbouncer >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then ($(POOLER_LINE)) >/dev/null 2>&1 || true; \
	else echo "pgbouncer is not installed, so its tests are skipped. As root: $(POOLER_LINE)" >&2; fi

# What only Node can check is left out, and said, where there is no Node, or none that is new enough.
if_node = @if [ -e node_modules/installed ]; then $(1); else echo "Without Node, extensions/ is not checked: $(1)" >&2; fi

node:
	@if ! command -v npm >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then ($(NODE_LINE)) >/dev/null 2>&1 || true; fi; \
	if ! command -v npm >/dev/null; then \
		echo "Node is not installed, so extensions/ is not checked. As root: $(NODE_LINE)" >&2; \
	elif ! node -e 'process.exitCode = Number(parseInt(process.versions.node) < 20)'; then \
		echo "Node 20 or newer is needed to check extensions/; this is $$(node --version)." >&2; \
	elif [ node_modules/installed -nt package-lock.json ] && [ node_modules/installed -nt package.json ]; then :; \
	elif npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2; then touch node_modules/installed; \
	else echo "npm could not install what package-lock.json names, so extensions/ is not checked." >&2; fi

benchmark: setup $(if $(filter pages,$(NAME)),chromium) ## Measure beside a reference: NAME=ingest, backfill, forecast, accuracy, monitoring, watching, recommendations, serving, pages, answers, live, pixel, releases or evidence
	@: "$(if $(NAME),,$(error Say which: make benchmark NAME=ingest))"
	@exec $(PY) manage.py benchmark $(NAME) $(ARGS)
