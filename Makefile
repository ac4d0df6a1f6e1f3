# Fluxvault. `make` or `make help` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help run test check lint types imports format unit acceptance acceptance-lambda bench clean package deploy destroy

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Use it
run: $(STAMP) ## Serve everything at http://127.0.0.1:8000 (PORT), with an AWS of its own
	@exec $(BIN)/python -m infra.local.run

##@ Test it
test: check cache-server browser ## Everything, from lint to acceptance; what CI runs
	$(BIN)/pytest -n auto --dist loadgroup

unit: $(STAMP) ## The fast tests alone
	$(BIN)/pytest -n auto --dist loadgroup --ignore tests/acceptance

acceptance: $(STAMP) ## The black-box suite, against BASE_URL or a `make run` of its own
	$(BIN)/pytest tests/acceptance

acceptance-lambda: $(STAMP) ## The same against the package under Lambda's own runtime client; RUNTIME=here on this Python
	$(BIN)/python -m infra.runtime $(BIN)/pytest tests/acceptance

bench: $(STAMP) ## Timings, as ratios within one run
	@$(BIN)/python -m infra.bench

check: lint types imports ## What can be seen without running anything

# Tests of the shared cache want a real server; RUNLEVEL=1 keeps apt from starting it as a service.
.PHONY: cache-server
cache-server:
	@command -v valkey-server >/dev/null || command -v redis-server >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing redis-server for the tests of the cache ..."; \
	    { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
	      apt-get install -y -qq --no-install-recommends redis-server; } >/dev/null 2>&1 || true; \
	  fi; \
	  command -v redis-server >/dev/null || \
	    echo "Left out: the tests of the cache on a real server, since there is no valkey-server or redis-server"; }

##@ Deploy it (docs/deploy.md)
package: $(STAMP) ## Templates and the zip for Lambda in build/STAGE: dev, prod or internal; needs no account
	@$(BIN)/python -m infra.packaging package "$(STAGE)"

deploy: $(STAMP) ## Package and deploy STAGE with the `aws` command; DRY_RUN=1 says how, TO=VERSION goes back
	@$(BIN)/python -m infra.packaging deploy "$(STAGE)"

destroy: $(STAMP) ## Say what would go with STAGE; YES=DEPLOYMENT removes it, DATA=delete all that is stored, too
	@$(BIN)/python -m infra.packaging destroy "$(STAGE)"

# The page at /docs is opened in a real browser.
.PHONY: browser
browser:
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing chromium for the test of the page at /docs ..."; \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	      apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 || true; \
	  fi; \
	  command -v chromium >/dev/null || echo "Left out: the test of the page at /docs, since there is no chromium"; }

##@ Work on it
lint: $(STAMP) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

imports: $(STAMP) ## The arrows between the packages point one way
	$(BIN)/lint-imports

format: $(STAMP) ## Let ruff put the format right
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

clean: ## Remove what tools made; the local stack's state in .local stays
	rm -rf build $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(STAMP): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Installing into $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
