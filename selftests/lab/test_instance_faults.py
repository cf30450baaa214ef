"""Faults of Nova, Cinder and what they make, as far as that needs no lab."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from helpers.faults import FAULTS, Fault, find
from lab import cinder, compute, config_data, glance
from lab.faults import instances, orphans, reporting, secrets, undo, zones
from lab.faults import compute as of_compute
from lab.faults import volume_services as of_volumes
from lab.faults.breaking import Breaking, journal_of
from lab.faults.lab import Lab
from lab.faults.registry import BREAKS, place
from lab.faults.scope import scope
from lab.faults.settings import CONF as GLANCE_CONF
from lab.plan import make_plan
from lab.state import State, write
from lab.web import WebError

UUID = "01234567-89ab-cdef-0123-456789abcdef"
MODULES = (of_compute, of_volumes, instances)
NAMES = {name for module in MODULES for name in vars(module)}
HERE = Path(instances.__file__).parent


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The files of a lab that does not run; what would be done to a running one is left out."""
    state = State(tmp_path / "lab")
    plan = make_plan("nowhere", "192.0.2.0/24", state.folder, 2)
    lab = Lab(plan, state)
    for site in plan.sites:
        for host in site.hosts:
            write(lab.file(host, of_compute.CONF), compute.configuration(plan, site, host, state))
            write(lab.file(host, of_volumes.CONF), cinder.configuration(plan, site, host, state))
            write(lab.file(host, GLANCE_CONF), glance.configuration(plan, site, host, state))
            config_data.start_script(state, host)
    for module, name in (
        (reporting, "restart"),
        (reporting, "wait_down"),
        (reporting, "forget_volume_service"),
        (secrets, "set_secrets"),
        (zones, "set_zone"),
    ):
        monkeypatch.setattr(module, name, lambda *args, **keywords: None)
    monkeypatch.setattr(Lab, "restart_glance", lambda self, host: None)
    monkeypatch.setattr(Lab, "shell", lambda self, host: Silent())
    return lab


class Silent:
    """Commands that nobody runs."""

    def run(self, *args: object, **keywords: object) -> str:
        return ""


def files(lab: Lab) -> dict[Path, str]:
    hosts = [lab.state.host(host) for host in lab.plan.hosts]
    return {path: path.read_text() for host in hosts for path in host.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "fault", [one for one in FAULTS if one.name in BREAKS and one.must & {"A12", "A13", "A17"}], ids=str
)
def test_settings_of_services_fit_the_lab_s_own_files(lab: Lab, fault: Fault):
    """Every fault in the settings finds what it changes in the files that `up` writes, and is undone whole."""
    before = files(lab)
    where = place(fault, lab.plan, None)

    BREAKS[fault.name](Breaking(lab, fault, where))
    changed = files(lab)
    for step in reversed(getattr(journal_of(lab).read(), "steps", ())):
        step.run(lab)

    assert changed != before
    assert files(lab) == before


@pytest.mark.parametrize("name", ["volumes-are-made-at-central", "streaming-fails", "snapshot-lands-at-central"])
def test_a_file_is_right_again_when_its_reader_was_restarted(lab: Lab, name: str, monkeypatch: pytest.MonkeyPatch):
    conf = {
        "volumes-are-made-at-central": of_volumes.CONF,
        "streaming-fails": GLANCE_CONF,
        "snapshot-lands-at-central": of_compute.CONF,
    }[name]
    host = lab.plan.site("dcn1").first
    file, read = lab.file(host, conf), []
    before = file.read_text()
    monkeypatch.setattr(reporting, "restart", lambda *args, **keywords: read.append(file.read_text()))
    monkeypatch.setattr(Lab, "restart_glance", lambda self, host: read.append(file.read_text()))

    BREAKS[name](Breaking(lab, find(name), lab.plan.site("dcn1")))

    assert read != []
    assert before not in read
    assert file.read_text() == before


@pytest.mark.parametrize("script", ["buggy_nova.py", "buggy_cinder.py"])
def test_a_bug_is_there_by_its_name(lab: Lab, script: str):
    """What bug.json names is a function of the script, and takes what bug.json says."""
    functions = {
        node.name: {argument.arg for argument in node.args.args}
        for node in ast.parse((HERE / script).read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    found = {}
    for fault in FAULTS:
        if fault.name not in BREAKS or not fault.must & {
            "C1",
            "C3",
            "C4",
            "C6",
            "C7",
            "C8",
            "C9",
            "D1",
            "D4",
            "D5",
            "F5",
        }:
            continue
        host = lab.plan.site("dcn1").first
        BREAKS[fault.name](Breaking(lab, fault, place(fault, lab.plan, None)))
        for host in lab.plan.hosts:
            bug = lab.file(host, f"{instances._SCRIPTS}/bug.json")
            if bug.exists() and lab.file(host, f"{instances._SCRIPTS}/{script}").exists():
                found[fault.name] = json.loads(bug.read_text())
            assert "runpy.run_path(sys.argv[0]" in lab.file(host, f"{instances._SCRIPTS}/start.py").read_text()
        for step in reversed(getattr(journal_of(lab).read(), "steps", ())):
            step.run(lab)

    assert len(found) > 5
    for name, bug in found.items():
        assert bug.pop("bug") == name
        assert functions[name.replace("-", "_")] == set(bug), name
