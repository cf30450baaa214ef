"""Faults of Nova, Cinder and their resources, as far as they can be tested without a lab."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from faults.catalogue import FAULTS, Fault, find
from lab import cinder, compute, config_data, glance, haproxy
from lab.faults import bugs, left_behind, reporting, scale_out, secrets, zones
from lab.faults.breaking import Breaking, journal_of
from lab.faults.configuration import CINDER_CONF, GLANCE_CONF, NOVA_CONF
from lab.faults.lab import Lab
from lab.faults.registry import BREAKS, break_lab, place
from lab.faults.scope import impatient, scope
from lab.plan import Layout, PlanError, make_plan
from lab.state import State, write
from lab.web import WebError

UUID, OTHER = "01234567-89ab-cdef-0123-456789abcdef", "11234567-89ab-cdef-0123-456789abcdef"
#: faults that stop a process or change libvirt, rather than a file
OF_NO_FILE = {"haproxy-stopped", "libvirt-secret-missing", "libvirt-secret-has-another-key"}
#: functions that inject a bug into Nova or Cinder
BRING = {"break_compute", "break_volumes", "bring", "_uploaded_to_central"}
SCRIPTS = ("buggy_nova.py", "buggy_cinder.py")
HERE = Path(bugs.__file__).parent


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The files of a lab that does not run. Actions on a running lab are left out."""
    state = State(tmp_path / "lab")
    plan = make_plan("nowhere", "192.0.2.0/24", state.folder, 2, layout=Layout(scale_out=("dcn0",)))
    lab = Lab(plan, state)
    for site in plan.sites:
        for host in site.hosts:
            write(lab.file(host, NOVA_CONF), compute.configuration(plan, site, host, state))
            write(lab.file(host, CINDER_CONF), cinder.configuration(plan, site, host, state))
            write(lab.file(host, GLANCE_CONF), glance.configuration(plan, site, host, state))
            write(lab.file(host, scale_out.HAPROXY_CONF), haproxy.configuration(site, host))
            config_data.start_script(state, host)
    for module, name in (
        (reporting, "restart"),
        (reporting, "recreate_compute"),
        (reporting, "wait_down"),
        (reporting, "forget_volume_service"),
        (secrets, "set_secrets"),
        (secrets, "set_wrong_value"),
        (zones, "set_zone"),
    ):
        monkeypatch.setattr(module, name, lambda *args, **keywords: None)
    monkeypatch.setattr(Lab, "restart_glance", lambda self, host: None)
    monkeypatch.setattr(Lab, "shell", lambda self, host: Silent())
    return lab


class Silent:
    """Commands that are not run."""

    def run(self, *args: object, **keywords: object) -> str:
        return ""


def files(lab: Lab) -> dict[Path, str]:
    hosts = [lab.state.host(host) for host in lab.plan.hosts]
    return {path: path.read_text() for host in hosts for path in host.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "fault",
    [
        one
        for one in FAULTS
        if one.name in BREAKS and one.must & {"A12", "A13", "A17"} and not one.unknown and one.name not in OF_NO_FILE
    ],
    ids=str,
)
def test_settings_of_services_fit_the_lab_s_own_files(lab: Lab, fault: Fault):
    """Every fault in the settings finds its option in the files that `up` writes, and is fully undone."""
    before = files(lab)
    where = place(fault, lab.plan, None)

    BREAKS[fault.name](Breaking(lab, fault, where))
    changed = files(lab)
    healed(lab)

    assert changed != before
    assert files(lab) == before


@pytest.mark.parametrize(
    "name",
    [
        "volumes-are-made-at-central",
        "streaming-fails",
        "snapshot-lands-at-central",
        "nova-compute-not-restarted",
        "cinder-volume-not-restarted",
    ],
)
def test_a_file_is_right_again_when_its_reader_was_restarted(lab: Lab, name: str, monkeypatch: pytest.MonkeyPatch):
    conf = {
        "volumes-are-made-at-central": CINDER_CONF,
        "streaming-fails": GLANCE_CONF,
        "snapshot-lands-at-central": NOVA_CONF,
        "nova-compute-not-restarted": NOVA_CONF,
        "cinder-volume-not-restarted": CINDER_CONF,
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


def healed(lab: Lab) -> None:
    for step in reversed(getattr(journal_of(lab).read(), "steps", ())):
        step.run(lab)


def bug_of(lab: Lab, fault: Fault) -> dict[str, Any]:
    """The content of bug.json under a fault, and the script that reads it. Empty for a fault that is no bug."""
    BREAKS[fault.name](Breaking(lab, fault, place(fault, lab.plan, None)))
    for host in lab.plan.hosts:
        for script in SCRIPTS:
            if lab.file(host, f"{bugs._SCRIPTS}/{script}").exists():
                start = lab.file(host, f"{bugs._SCRIPTS}/start.py").read_text()
                assert start.index(script) < start.index("runpy.run_path(sys.argv[0]")
                return {"script": script} | json.loads(lab.file(host, f"{bugs._SCRIPTS}/bug.json").read_text())
    return {}


def names_in(function: Any) -> set[str]:
    """The names that a function uses."""
    return set(function.__code__.co_names)


def functions(script: str) -> dict[str, set[str]]:
    """Function → its arguments, in a script that cannot be imported without Nova or Cinder."""
    parsed = ast.parse((HERE / script).read_text())
    defined = [node for node in parsed.body if isinstance(node, ast.FunctionDef)]
    return {node.name: {argument.arg for argument in node.args.args} for node in defined}


@pytest.mark.parametrize(
    "fault", [one for one in FAULTS if one.name in BREAKS and BRING & names_in(BREAKS[one.name])], ids=str
)
def test_a_bug_is_there_by_its_name(lab: Lab, fault: Fault):
    """bug.json names a function of the script that reads it, with exactly the arguments of that function."""
    bug = bug_of(lab, fault)
    known = functions(bug.pop("script"))
    assert bug.pop("bug") == fault.name
    assert known[fault.name.replace("-", "_")] == set(bug)


# The tests that can detect a fault


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nova-has-no-secret", "tests/topology tests/instances tests/volumes tests/images tests/snapshots"),
        ("conversion-off", "tests/topology tests/images"),
        ("volume-is-flat", "tests/topology tests/instances tests/volumes -k dcn1"),
        ("boot-reads-from-central", "tests/topology tests/instances tests/volumes -k dcn1"),
        ("snapshot-boots-flat", "tests/topology tests/snapshots -k dcn1"),
        ("deleted-server-leaves-its-disk", "tests/topology tests/instances tests/volumes -k dcn1"),
    ],
)
def test_scope(name: str, expected: str):
    assert " ".join(scope(find(name), "dcn1", central=False)).endswith(expected)


def test_a_fault_at_central_is_looked_for_at_all_sites():
    assert "-k" not in scope(find("neutron-answers-500"), "central", central=True)


def test_what_is_looked_for_at_the_first_site_is_broken_there(lab: Lab):
    assert place(find("boot-reads-from-central"), lab.plan, None).name == "dcn0"


def test_what_never_comes_is_not_waited_for_as_long(tmp_path: Path):
    file = tmp_path / "environment.yaml"
    file.write_text("cloud: c\nflavor: tiny\n")

    copy = impatient(file)

    assert copy.parent == tmp_path
    assert yaml.safe_load(copy.read_text()).items() >= {"cloud": "c", "flavor": "tiny"}.items()
    assert yaml.safe_load(copy.read_text())["timeouts"]["boot"] < 300


@pytest.mark.parametrize("name", ["nova-has-no-secret", "zone-fallback-on", "server-disk-is-flat", "volume-is-flat"])
def test_a_lab_of_images_only_cannot_be_broken_so(tmp_path: Path, name: str):
    state = State(tmp_path / "lab")
    plan = make_plan("nowhere", "192.0.2.0/24", state.folder, 2, instances=False)

    with pytest.raises(PlanError, match=f"{name} is one of Nova or Cinder"):
        break_lab(Lab(plan, state), name)


# Leftovers


class FakeCloud:
    """Knows one server and one volume."""

    def __init__(self, known: str) -> None:
        self.known = known

    def nova(self, method: str, path: str) -> None:
        if path != f"servers/{self.known}":
            raise WebError("no such server", 404)

    def cinder(self, method: str, path: str) -> None:
        if path != f"volumes/{self.known}":
            raise WebError("no such volume", 404)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        (f"{UUID}_disk", True),
        (f"volume-{UUID}", True),
        (f"{OTHER}_disk", False),
        (f"{OTHER}_disk.config", False),
        (f"volume-{OTHER}", False),
        (f"volume-{OTHER}.deleted", False),
        ("somebody-s-own", True),
        (UUID, True),
    ],
)
def test_only_what_nobody_knows_is_an_orphan(name: str, known: bool):
    """An unknown name is an orphan only if it is the name of a server's disk or of a volume."""
    assert left_behind._is_known(FakeCloud(UUID), name) is known  # type: ignore[arg-type]
