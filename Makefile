# make run    start the chat on this machine: http://localhost:9000
# make scale  the same with two of everything, on this machine's PostgreSQL, Redis and nginx
# make test   run every check and every test
# make faults break it on purpose, RUNS=1000 times, by a plan that follows from SEED
# make soak   use it slowly for MINUTES=30, and see what grows
# make bench  measure latency, throughput, CPU and memory
# make bench-page   measure the page in Chromium
# make screenshots  make the pictures of docs/screenshots/ anew
# make check  format, lint and type checks only
# make lock   resolve the Python requirements again
# make clean  remove what was built and installed; .env and var/ stay

# The first Python that is new enough.
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
endif
# Makes .venv, installs a file of requirements/ into it, and goes on with its Python.
ENVIRONMENT := $(PYTHON) -P proxy_app/launcher/environment.py
LOCKS := run test go node lock

.PHONY: run scale test faults soak bench bench-page screenshots check lock clean python

run: python
	@$(ENVIRONMENT) run -m proxy_app up

scale: python
	@$(ENVIRONMENT) run -m proxy_app scale

test: python
	@$(ENVIRONMENT) test -m tests.run $(if $(CENTRIFUGO),--centrifugo=$(CENTRIFUGO))

check: python
	@$(ENVIRONMENT) test -m tests.run --only=checks

faults: python
	@$(ENVIRONMENT) test -m tests.faults $(if $(RUNS),--runs=$(RUNS)) $(if $(SEED),--seed=$(SEED))

soak: python
	@$(ENVIRONMENT) test -m tests.faults.soak $(if $(MINUTES),--minutes=$(MINUTES))

bench: python
	@$(ENVIRONMENT) test -m bench

bench-page: python
	@$(ENVIRONMENT) test -m bench.page

screenshots: python
	@$(ENVIRONMENT) test -m tests.screenshots

# Resolved with the oldest Python that we support, for every platform.
lock: python
	@$(ENVIRONMENT) --venv .cache/locking lock
	@for name in $(LOCKS); do echo "requirements/$$name.txt"; \
	env -u PIP_FIND_LINKS CUSTOM_COMPILE_COMMAND='make lock' .cache/locking/bin/pip-compile --quiet --upgrade \
	--generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --output-file "requirements/$$name.txt" "requirements/$$name.in" || exit 1; done

clean:
	rm -rf .venv .cache frontend/node_modules frontend/dist frontend/build test-results

python:
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed: install it, or name it: make PYTHON=/path/to/python3' >&2; exit 1; }
