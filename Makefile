# Two commands matter: `make run` and `make test`. Both need Python 3.11 or newer, and nothing else.

SHELL := /bin/sh
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
endif
NO_PYTHON := Python 3.11 or newer was not found. Install it, or name it: make PYTHON=/path/to/python3
IN := .venv/bin/
PRODUCTION := ENVIRONMENT=production SECRET_KEY=only-for-this-check-0123456789-abcdefghijklmnopqrstuvwxyz-XYZ \
	DATABASE_URL=postgres://checks@localhost/checks ALLOWED_HOSTS=clinic.example \
	SITE_URL= ADMIN_PATH=admin/ MAINTENANCE=false SECURE_SSL_REDIRECT=true SECURE_HSTS_SECONDS=63072000
TESTING := ENVIRONMENT=test DATABASE_URL="$${DATABASE_URL:-}"

.PHONY: help run test check bench lint types checks format lock clean ready

help:
	@echo "make run     the site on this machine, with demo content (PORT=8001 for another port)"
	@echo "make test    everything a release needs, real-browser tests included"
	@echo "make check   the quick part of it: linters, types, Django's checks, fast tests"
	@echo "make format  lays out Python files as the linter wants them"
	@echo "make bench   measures"
	@echo "make lock    pins the newest allowed packages in the requirement files (needs uv)"
	@echo "make clean   removes everything that was made here, the local database and mail included"

ready:
	@test -n "$(PYTHON)" || { echo "$(NO_PYTHON)"; exit 1; }
	@$(PYTHON) bootstrap.py

run:
	@test -n "$(PYTHON)" || { echo "$(NO_PYTHON)"; exit 1; }
	@$(PYTHON) bootstrap.py --env
	@exec $(IN)python manage.py run $(PORT)

test: lint types checks
	@$(IN)python -m pytest

check: lint types checks
	@$(IN)python -m pytest -q -m "not slow and not browser"

bench: ready
	@$(TESTING) $(IN)python -m tests.bench

lint: ready
	@echo "Linters …"
	@$(IN)ruff check --quiet .
	@$(IN)ruff format --quiet --check . || { echo "Some files are not laid out as the linter wants: make format"; exit 1; }
	@$(IN)djlint --quiet --lint templates
	@if test -x $(IN)biome; then $(IN)biome lint --error-on-warnings static/css static/js; \
		else echo "NOT CHECKED HERE: style sheets and scripts (the linter biome exists for Linux on x86-64 only; CI checks them)"; fi

types: ready
	@echo "Types …"
	@$(TESTING) $(IN)mypy .

checks: ready
	@echo "Django's checks …"
	@$(TESTING) $(IN)python manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(IN)python manage.py check --deploy --fail-level WARNING

format: ready
	@$(IN)ruff format .
	@$(IN)ruff check --fix --quiet .

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv (pip install uv)."; exit 1; }
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--output-file requirements.txt pyproject.toml
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--group dev --constraints requirements.txt --output-file requirements-dev.txt pyproject.toml

clean:
	rm -rf .venv .local static_collected .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
