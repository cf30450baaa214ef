# dcn-verify: `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help venv demo verify test guide-commands drift lint docs lab lab-status lab-down record clean-leftovers detect lock \
  sbom image

PYTHON ?= python3
BIN := .venv/bin
LAB_FOLDER := /var/lib/dcn-lab
WORKERS ?= 2
# more than cores: about half of the time these tests wait for what they have started
TEST_WORKERS ?= 4
PYTEST_ARGS ?=
DETECT_ARGS ?=
# of a virtual environment of its own: these say what the other one holds
TOOLS := pip-tools==7.6.2 cyclonedx-bom==7.5.0
RECORD := selftests/simulator/record/lab.json

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

venv: .venv/ready ## set up the virtual environment

demo: .venv/ready ## the whole suite against three simulated sites: no root, no cloud, half a minute
	$(BIN)/dcn-verify demo $(PYTEST_ARGS)

verify: .venv/ready ## verify ENVIRONMENT=file.yaml; without it, bring up the lab on this machine and verify that
ifdef ENVIRONMENT
	$(BIN)/python -m pytest -n $(WORKERS) --environment='$(ENVIRONMENT)' $(PYTEST_ARGS)
else
	$(BIN)/dcn-verify lab up
	$(BIN)/python -m pytest -n $(WORKERS) --environment=$(LAB_FOLDER)/environment.yaml \
	  --deployment-files=$(LAB_FOLDER)/deployment-files $(PYTEST_ARGS)
endif

test: .venv/ready ## the project's own tests: no root, no network
	$(BIN)/python -m pytest selftests -q -n $(TEST_WORKERS) --dist loadfile $(PYTEST_ARGS)

guide-commands: .venv/ready ## type the guide's own command lines, with the real clients; LAB=1: on the lab
	$(BIN)/python -m pytest selftests/guide_commands -q -m $(if $(LAB),lab,'clients and not lab') --lab-state=$(LAB_FOLDER) $(PYTEST_ARGS)

drift: .venv/ready ## hold the simulator against the record of the lab, request by request
	$(BIN)/python -m pytest selftests -m drift -q $(PYTEST_ARGS)

lint: .venv/ready ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/ready ## build the documentation into site/, and check all links and anchors in it
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

lab: .venv/ready ## bring up the lab: a real deployment on this machine (root on a disposable Debian 12)
	$(BIN)/dcn-verify lab up

lab-status: .venv/ready ## say for each service of the lab whether it answers
	$(BIN)/dcn-verify lab status

lab-down: .venv/ready ## end the lab, and leave nothing of it behind
	$(BIN)/dcn-verify lab down

detect: .venv/ready ## bring about every known fault in simulators, and see what the suite finds; LAB=1: in the lab
	$(BIN)/dcn-verify detect $(if $(LAB),--lab) $(DETECT_ARGS)

# a run that leaves something behind, and the whole suite, which finds that first: as the simulator is recorded
RECORDED = $(BIN)/python -m pytest -p simulator.record.plugin --environment=$(LAB_FOLDER)/environment.yaml \
  --deployment-files=$(LAB_FOLDER)/deployment-files
record: .venv/ready ## record anew what the healthy lab answers: the simulator is held against it
	$(BIN)/dcn-verify lab up
	$(RECORDED) --record=reports/left-behind.json --keep-resources -k 'dcn0 and (unfetchable or image_is_whole)'
	$(RECORDED) --record=$(RECORD) -n $(WORKERS) $(PYTEST_ARGS)
	$(BIN)/python -m simulator.record join reports/left-behind.json $(RECORD)

clean-leftovers: .venv/ready ## remove what killed runs have left in ENVIRONMENT=file.yaml (default: the lab)
	$(BIN)/dcn-verify clean --environment '$(or $(ENVIRONMENT),$(LAB_FOLDER)/environment.yaml)'

# the options of this machine's pip, which the compiler repeats, are left out
lock: .tools/ready ## resolve pyproject.toml anew into requirements.lock, with hashes
	.tools/bin/pip-compile --quiet --upgrade --generate-hashes --all-extras --strip-extras --allow-unsafe --no-annotate \
	  --no-header --output-file .tools/lock pyproject.toml
	(echo '# Exact versions and hashes of everything that the project runs with; made by `make lock` from pyproject.toml.'; \
	 grep -v -e '^#' -e '^--' -e '^$$' .tools/lock) > requirements.lock

sbom: .venv/ready .tools/ready ## write a software bill of materials (CycloneDX) to dist/dcn-verify.cdx.json
	@mkdir -p dist
	.tools/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file dist/dcn-verify.cdx.json .venv

image: .venv/ready ## write a container image to dist/dcn-verify.tar (root; mmdebstrap and buildah)
	./image/build dist/dcn-verify.tar

.tools/ready: Makefile
	$(PYTHON) -m venv --clear .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check $(TOOLS)
	@touch $@
