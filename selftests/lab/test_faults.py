"""Breaking and healing the lab, as far as it can be tested without a lab."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from faults.catalogue import FAULTS, Fault, find
from lab import containers, glance
from lab.command import CommandError
from lab.faults import breaking, healing, undo
from lab.faults.breaking import Breaking, journal_of
from lab.faults.configuration import GLANCE_CONF, NOVA_CONF
from lab.faults.healing import broken, heal
from lab.faults.ini import NoSuchOptionError, option, set_option, without_option
from lab.faults.lab import FaultError, Lab
from lab.faults.registry import BREAKS, available, break_lab, place
from lab.plan import PlanError, make_plan
from lab.render import render
from lab.state import State, write

CONF = "# the cluster\n[global]\nfsid = a\nmon host = 192.0.2.10\n\n[client]\nkeyring = /etc/ceph/k\n"
STEPS: tuple[undo.Undo, ...] = (
    undo.RestartGlance("control-plane-controller-0"),
    undo.RestoreFile("control-plane-controller-0", "/etc/a", None),
    undo.RemoveFolder("control-plane-controller-0", "/etc/a.d"),
    undo.TellCluster("dcn0", ["osd", "unset", "noout"]),
    undo.RemoveRbd("dcn0", "images", "8083c7e7-32d8-4f7a-b1da-0ed7884f1076"),
    undo.RestoreExternalKey("dcn0"),
    undo.StartContainer("control-plane-controller-0", "ceph-mon"),
    undo.EndWatch("control-plane-controller-0"),
    undo.ContinueContainer("control-plane-controller-0", "glance_api"),
    undo.RemoveFirewall("control-plane-controller-0"),
    undo.RestoreEndpoints("image", ["http://192.0.2.10:9292"]),
    undo.RestartService("control-plane-controller-0", "nova_compute"),
    undo.ForgetVolumeService("control-plane-controller-0", "central"),
    undo.SetZone("dcn0-distributedcomputehci-0", "dcn0"),
    undo.EnableCompute("dcn0-distributedcomputehci-0"),
    undo.RecreateCompute("dcn0-distributedcomputehci-0"),
    undo.SetSecrets("dcn0-distributedcomputehci-0", ["dcn0"]),
    undo.MakeStack("dcn0"),
)
KEYRING = "/etc/ceph/central.client.external.keyring"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """The files of a lab that does not run."""
    state = State(tmp_path / "lab")
    return Lab(make_plan("nowhere", "192.0.2.0/24", state.folder, 2), state)


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for services or observes clusters, because none run."""
    monkeypatch.setattr(healing, "_wait", lambda lab: None)
    monkeypatch.setattr(healing, "remove_orphans", lambda lab: [])


def breaking_at(lab: Lab, name: str, site: str) -> Breaking:
    return Breaking(lab, find(name), lab.plan.site(site))


# Options of configuration files


def test_an_option_is_changed_in_its_section_only():
    text = "[a]\nx = 1\n[b]\nx = 1\n# said\ny = 2\n"

    assert set_option(text, "b", "x", "3") == "[a]\nx = 1\n[b]\nx = 3\n# said\ny = 2\n"
    assert option(set_option(text, "b", "x", "3"), "b", "x") == "3"


def test_an_option_is_removed_with_its_line():
    assert without_option(CONF, "client", "keyring") == CONF.replace("keyring = /etc/ceph/k\n", "")


@pytest.mark.parametrize(("section", "name"), [("global", "keyring"), ("nobody", "keyring")])
def test_what_is_not_there_is_not_changed(section: str, name: str):
    with pytest.raises(NoSuchOptionError, match=section):
        set_option(CONF, section, name, "x")


def test_a_buggy_glance_takes_the_place_of_the_application():
    values = dict.fromkeys(("name", "address", "port", "processes", "threads", "lazy", "extra"), "x")

    changed = breaking._use_buggy_glance(render("uwsgi.ini", **values, wsgi_file="/etc/glance/wsgi.py"))

    assert "wsgi-file = /etc/glance/buggy_glance.py\n" in changed
    assert "/etc/glance/wsgi.py" not in changed


def test_values_that_look_like_patterns_are_taken_as_they_are():
    assert option(set_option(CONF, "client", "keyring", r"\1 [x] = \n"), "client", "keyring") == r"\1 [x] = \n"


# The faults, and their sites

#: the rows of the specification that the lab's faults cover
ROWS = [
    *(f"A{number}" for number in (*range(1, 19), 23)),
    *(f"B{number}" for number in range(1, 11)),
    *(f"C{number}" for number in range(1, 10)),
    *(f"D{number}" for number in range(1, 7)),
    "F5",
]


def test_what_the_lab_breaks_is_in_the_catalogue():
    assert sorted(BREAKS.keys() - {fault.name for fault in FAULTS}) == []


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_a_fault_that_the_lab_can_bring_about(row: str):
    assert [fault.name for fault in available() if row in fault.must] != []


def test_faults_keep_the_order_of_the_catalogue():
    names = [fault.name for fault in FAULTS]

    assert sorted((fault.name for fault in available()), key=names.index) == [fault.name for fault in available()]


@pytest.mark.parametrize(
    ("name", "wanted", "place_of_it"),
    [
        ("central-conf-missing", None, "dcn1"),
        ("central-conf-missing", "dcn0", "dcn0"),
        ("locations-hidden", None, "central"),
        ("cluster-warns", None, "dcn1"),
        ("cluster-warns", "central", "central"),
    ],
)
def test_a_fault_is_where_it_is_wanted(lab: Lab, name: str, wanted: str | None, place_of_it: str):
    assert place(find(name), lab.plan, wanted).name == place_of_it


@pytest.mark.parametrize(
    ("name", "wanted", "said"),
    [
        ("central-conf-missing", "central", "a fault of DCN sites with storage, not of central; here: dcn0, dcn1"),
        ("locations-hidden", "dcn0", "a fault of central, not of dcn0; here: central"),
        ("locations-hidden", "dcn7", "no site dcn7; sites: central, dcn0, dcn1"),
    ],
)
def test_a_fault_is_nowhere_else(lab: Lab, name: str, wanted: str, said: str):
    with pytest.raises(PlanError, match=said):
        place(find(name), lab.plan, wanted)


def test_a_wrong_name_is_answered_with_near_ones(lab: Lab):
    with pytest.raises(FaultError, match=r"no fault 'keyring-missing'; near: .*central-keyring-missing"):
        break_lab(lab, "keyring-missing")


# Breaking and healing


@pytest.fixture
def keyring(lab: Lab) -> Path:
    path = lab.file(lab.plan.site("dcn1").first, KEYRING)
    write(path, "[client.external]\n\tkey = of-central\n", 0o600)
    return path


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize(
    "name", ["central-keyring-missing", "central-keyring-world-readable", "central-keyring-has-another-key"]
)
def test_a_file_is_healed(lab: Lab, keyring: Path, name: str):
    """A healed file has its former content and mode, and healing twice has the same result."""
    text = keyring.read_text()

    break_lab(lab, name, "dcn1")
    changed = not keyring.exists() or keyring.read_text() != text or keyring.stat().st_mode & 0o777 != 0o600
    heal(lab)

    assert changed
    assert (keyring.read_text(), keyring.stat().st_mode & 0o777) == (text, 0o600)
    assert heal(lab) is None
    assert not journal_of(lab).folder.exists()


@pytest.mark.usefixtures("calm")
def test_a_folder_that_a_fault_made_goes_with_its_file(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Breaking, "restart", lambda *_, **__: None)
    folder = lab.file(lab.plan.site("dcn1").first, f"{NOVA_CONF}.d")
    folder.parent.mkdir(parents=True)

    break_lab(lab, "nova-compute-has-a-local-file", "dcn1")
    made = [file.name for file in folder.iterdir()]
    heal(lab)

    assert (made, folder.exists(), folder.parent.exists()) == (["99-local.conf"], False, True)


@pytest.mark.usefixtures("calm", "keyring")
def test_only_one_fault_at_a_time(lab: Lab):
    break_lab(lab, "central-keyring-missing", "dcn1")

    with pytest.raises(FaultError, match="broken already: central-keyring-missing at dcn1; heal that first"):
        break_lab(lab, "central-keyring-world-readable", "dcn1")


def test_what_a_fault_kept_is_for_nobody_else(lab: Lab, keyring: Path):
    break_lab(lab, "central-keyring-missing", "dcn1")
    folder = journal_of(lab).folder

    assert folder.stat().st_mode & 0o077 == 0
    assert [path.stat().st_mode & 0o077 for path in folder.iterdir()] == [0, 0]
    assert "of-central" not in (folder / "journal.json").read_text()


@pytest.mark.usefixtures("calm")
def test_a_crash_between_note_and_change_is_healed(lab: Lab, keyring: Path, monkeypatch: pytest.MonkeyPatch):
    """A crash between the record and the change is healed, because the undo step is on disk before the change."""
    text = keyring.read_text()
    monkeypatch.setattr(breaking, "write", lambda path, *_: _crash_unless_journal(path, *_))

    with pytest.raises(KeyboardInterrupt):
        break_lab(lab, "central-keyring-has-another-key", "dcn1")
    heal(lab)

    assert keyring.read_text() == text


def _crash_unless_journal(path: Path, *rest: Any) -> None:
    if path.name != "journal.json":
        raise KeyboardInterrupt
    write(path, *rest)


@pytest.mark.usefixtures("calm")
def test_healing_goes_on_after_a_failure_and_can_be_repeated(lab: Lab, keyring: Path, monkeypatch: pytest.MonkeyPatch):
    at = breaking_at(lab, "central-keyring-missing", "dcn1")
    at.remove(lab.plan.site("dcn1").first, KEYRING)
    at._note(undo.RemoveFirewall("dcn1-distributedcomputehci-0"))  # its host does not run

    with pytest.raises(FaultError, match="central-keyring-missing is not healed yet, try again: RemoveFirewall"):
        heal(lab)
    assert keyring.exists()
    assert broken(lab) is not None

    monkeypatch.setattr(undo.RemoveFirewall, "run", lambda self, lab: None)
    heal(lab)
    assert broken(lab) is None


@pytest.mark.usefixtures("calm")
def test_glance_is_restarted_once_and_last(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    controller = lab.plan.controller
    write(lab.file(controller, "/etc/a"), "1")
    done: list[str] = []
    monkeypatch.setattr(Lab, "restart_glance", lambda self, host: done.append(self.file(host, "/etc/a").read_text()))
    at = breaking_at(lab, "locations-hidden", "central")
    at.restart_glance(controller)
    at.edit(controller, "/etc/a", lambda _: "2")
    at.restart_glance(controller)
    done.clear()

    heal(lab)

    assert done == ["1"]


@pytest.mark.usefixtures("calm")
def test_every_kind_of_step_is_undone(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    """Every kind of step is undone, the newest first and restarts last."""
    done: list[str] = []
    for kind in STEPS:
        monkeypatch.setattr(type(kind), "run", lambda self, lab: done.append(type(self).__name__))
    breaking_at(lab, "locations-hidden", "central")._note(*STEPS)

    heal(lab)

    names = [type(step).__name__ for step in STEPS]
    last = [name for name in names if name.startswith("Restart")]
    assert done == [*reversed([name for name in names if name not in last]), *last]


def test_a_change_that_changes_nothing_is_no_fault(lab: Lab, keyring: Path):
    at = breaking_at(lab, "central-keyring-missing", "dcn1")

    with pytest.raises(FaultError, match="nothing to change there"):
        at.edit(lab.plan.site("dcn1").first, KEYRING, lambda text: text)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_steps_survive_the_journal(step: undo.Undo):
    assert undo.from_record(json.loads(json.dumps(undo.to_record(step)))) == step


@pytest.mark.parametrize(
    "fault",
    [one for one in available() if {"change_glance", "restart_glance"} & set(BREAKS[one.name].__code__.co_names)],
    ids=str,
)
def test_settings_fit_the_lab_s_own_files(lab: Lab, fault: Fault, monkeypatch: pytest.MonkeyPatch):
    """Every fault in Glance's settings finds the option that it changes in the files that `up` writes."""
    for site in lab.plan.sites:
        write(lab.file(site.first, GLANCE_CONF), glance.configuration(lab.plan, site, site.first, lab.state))
        write(lab.file(site.first, "/etc/glance/policy.yaml"), render("glance-policy.yaml"))
    monkeypatch.setattr(Lab, "restart_glance", lambda self, host: None)
    where = place(fault, lab.plan, None)

    BREAKS[fault.name](breaking_at(lab, fault.name, where.name))


class ShellOfPodman:
    """Answers to `podman restart`, one after the other."""

    def __init__(self, *fails: bool) -> None:
        self.answers = list(fails)

    def run(self, *command: str, timeout: float) -> str:
        if self.answers.pop(0):
            raise CommandError(f"{' '.join(command)} ended with exit code 125")
        return ""


def test_a_container_that_ends_as_it_is_killed_is_restarted_all_the_same():
    shell = ShellOfPodman(True, False)

    containers.restart(shell, "nova_compute")  # type: ignore[arg-type]

    assert shell.answers == []


def test_a_container_that_cannot_be_restarted_is_a_failure():
    with pytest.raises(CommandError, match="podman restart --time=5 nova_compute"):
        containers.restart(ShellOfPodman(True, True), "nova_compute")  # type: ignore[arg-type]
