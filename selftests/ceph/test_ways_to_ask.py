"""How `ceph` and `rbd` are run on nodes of each kind; what podman and docker print there is in `selftests/data`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from helpers.ceph.ways import Adapter, NoWay, find_adapter
from helpers.environment import Ceph, Services
from helpers.nodes.containers import NoContainer
from helpers.nodes.node import CommandFailed, Completed

DATA = Path(__file__).parents[1] / "data"
HOST = "dcn0-distributedcomputehci-0"
FSID = "5bb3a1f0-9a4e-4c9c-8b1c-0d6a7f6f4d21"
PODMAN = "podman ps --all --format json"
DOCKER = "docker ps --all --no-trunc --format '{{json .}}'"
MISSING = (1, "", "sudo: command not found")
NO_KEYRING = (1, "", "[errno 2] RADOS object not found (error connecting to the cluster)")
SERVICES = Services.model_validate({})
CEPHADM = f"ceph-{FSID}-mon-{HOST}"
CONF = "/etc/ceph/dcn0.conf"
SHELL = ("cephadm", "shell", "--fsid", FSID, "--config", CONF, "--keyring", "/etc/ceph/dcn0.client.admin.keyring", "--")


class FakeNode:
    """Answers the commands that it was given; every other is not there."""

    name = HOST

    def __init__(self, answers: dict[str, tuple[int, str, str]], hostname: str = HOST) -> None:
        self.answers = answers
        self.hostname = hostname
        self.asked: list[str] = []

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        command = shlex.join(argv)
        self.asked.append(command)
        status, stdout, stderr = self.answers.get(command, MISSING)
        return Completed(self.name, argv, command, status, stdout, stderr, self.command(*argv))

    run_checked = run

    def command(self, *argv: str) -> str:
        return f"ssh {self.name} {shlex.join(argv)}"


def fsid_through(*prefix: str, options: tuple[str, ...] = ("--cluster", "dcn0")) -> str:
    return shlex.join((*prefix, "ceph", *options, "--connect-timeout", "15", "fsid"))


def node(
    podman: str | None = None, docker: str | None = None, *, through: str = "", said: str = FSID, host: str = HOST
) -> FakeNode:
    """A node whose engines list what is in these files; the command `through` has an answer."""
    answers = {
        PODMAN: (0, (DATA / podman).read_text(), "") if podman else MISSING,
        DOCKER: (0, (DATA / docker).read_text(), "") if docker else MISSING,
        through: (0, f"{said}\n", "Inferring config\n"),
    }
    return FakeNode(answers, host)


def cephadm_node(through: str, conf: str = CONF) -> FakeNode:
    """A node whose monitor runs in a container of cephadm's, and whose host has that configuration of the cluster."""
    there = node("podman_ps_cephadm.json", through=through)
    there.answers[fsid_through("podman", "exec", CEPHADM, options=())] = NO_KEYRING
    names = (f"{folder}/{name}.conf" for name in ("dcn0", "ceph") for folder in FOLDERS)
    confs = " ".join((*names, f"/var/lib/ceph/{FSID}/config/ceph.conf"))
    grep = f"grep -sHE -e '^[[:space:]]*fsid[[:space:]]*=' -- {confs}"
    there.answers[grep] = (2, f"{conf}:fsid = {FSID}\n/etc/ceph/ceph.conf:fsid = {FSID[::-1]}\n", "")
    return there


FOLDERS = ("/etc/ceph", "/var/lib/tripleo-config/ceph", "/var/lib/openstack/config/ceph")


def found(there: FakeNode, runtime: str = "detect", **keys: str) -> Adapter:
    ceph = Ceph.model_validate({"cluster": "dcn0", "runtime": runtime, **keys})
    return find_adapter(there, ceph, SERVICES)  # type: ignore[arg-type]


def test_what_the_file_says_is_not_looked_for() -> None:
    asked = FakeNode({})
    for runtime in ("podman", "docker"):
        adapter = found(asked, runtime)
        assert adapter == Adapter(runtime, (runtime, "exec", f"ceph-mon-{HOST}"), ("--cluster", "dcn0"))
    assert found(asked, "host").prefix == ()
    assert found(asked, "podman", mon_container="mon_of_{hostname}").prefix == ("podman", "exec", f"mon_of_{HOST}")
    assert asked.asked == []


PODMANS = ("podman", "exec", f"ceph-mon-{HOST}")
DOCKERS = ("docker", "exec", f"ceph-mon-{HOST}")


@pytest.mark.parametrize(
    ("there", "expected", "said"),
    [
        (node("podman_ps.json", through=fsid_through(*PODMANS)), PODMANS, "podman"),
        (node(docker="docker_ps.jsonl", through=fsid_through(*DOCKERS)), DOCKERS, "docker"),
        (node(docker="docker_ps_19.jsonl", through=fsid_through(*DOCKERS)), DOCKERS, "docker"),
        (node(through=fsid_through()), (), "host"),
        (node("podman_ps.json", host=f"{HOST}.localdomain", through=fsid_through(*PODMANS)), PODMANS, "podman"),
    ],
    ids=["podman", "docker", "docker 19", "host", "long host name"],
)
def test_it_is_found_on_the_node(there: FakeNode, expected: tuple[str, ...], said: str) -> None:
    adapter = found(there)
    assert (adapter.prefix, adapter.cluster_options, str(adapter)) == (expected, ("--cluster", "dcn0"), said)


@pytest.mark.parametrize(
    ("has_conf", "options"), [(True, ("--cluster", "dcn0")), (False, ())], ids=["conf by name", "cephadm's own"]
)
@pytest.mark.parametrize("runtime", ["detect", "cephadm"])
@pytest.mark.parametrize("sign", ["-", "."])
def test_cephadms_container_is_found(sign: str, runtime: str, has_conf: bool, options: tuple[str, ...]) -> None:
    name = f"ceph-{FSID}-mon{sign}{HOST}"
    there = node("podman_ps_cephadm.json", through=fsid_through("podman", "exec", name, options=options))
    status, text, _ = there.answers[PODMAN]
    there.answers[PODMAN] = (status, text.replace(CEPHADM, name), "")
    there.answers[f"podman exec {name} test -e {CONF}"] = (0 if has_conf else 1, "", "")
    assert found(there, runtime) == Adapter("cephadm", ("podman", "exec", name), options)


def test_a_name_with_an_fsid_is_looked_for() -> None:
    there = node("podman_ps_cephadm.json")
    adapter = found(there, "podman", mon_container="ceph-{fsid}-mon-{hostname}")
    assert adapter.prefix == ("podman", "exec", CEPHADM)
    assert DOCKER not in there.asked


@pytest.mark.parametrize("runtime", ["detect", "cephadm"])
def test_cephadms_shell_is_taken_where_the_container_has_no_keyring(runtime: str) -> None:
    adapter = found(cephadm_node(fsid_through(*SHELL, options=())), runtime)

    assert adapter == Adapter("cephadm", SHELL, ())
    assert str(adapter) == "cephadm shell"


def test_a_clusters_files_may_be_in_another_folder() -> None:
    conf = f"/var/lib/ceph/{FSID}/config/ceph.conf"
    keyring = conf.replace(".conf", ".client.admin.keyring")
    shell = ("cephadm", "shell", "--fsid", FSID, "--config", conf, "--keyring", keyring, "--")
    assert found(cephadm_node(fsid_through(*shell, options=()), conf)).prefix == shell


def test_a_shell_sees_what_it_mounts() -> None:
    """The files of another client are read where they are; `cephadm shell` mounts their folders."""
    files = ("/var/lib/tripleo-config/ceph/central.conf", "/etc/ceph/central.client.external.keyring")
    mounts = ("/var/lib/tripleo-config/ceph:/mnt/var/lib/tripleo-config/ceph", "/etc/ceph:/mnt/etc/ceph")
    options = ("--id", "external", "--keyring", f"/mnt{files[1]}", "--conf", f"/mnt{files[0]}")

    shell = Adapter("cephadm", SHELL, ()).as_client("external", *files)
    container = Adapter("podman", PODMANS, ("--cluster", "dcn0")).as_client("external", *files)

    assert shell == Adapter("cephadm", (*SHELL[:-1], "--mount", *mounts, "--"), options)
    assert container.prefix == PODMANS
    assert container.cluster_options == ("--id", "external", "--keyring", files[1], "--conf", files[0])


def test_a_service_is_asked_as_the_client_that_it_is() -> None:
    options = ("--id", "openstack", "--conf", CONF)
    there = cephadm_node(fsid_through("podman", "exec", "cinder_volume", options=options))
    status, text, _ = there.answers[PODMAN]
    more = [*json.loads(text), {"Names": ["cinder_volume"], "State": "running"}]
    there.answers[PODMAN] = (status, json.dumps(more), "")
    conf = (
        "[DEFAULT]\nenabled_backends = ceph\n"
        f"[ceph]\nvolume_driver = cinder.volume.drivers.rbd.RBDDriver\nrbd_ceph_conf = {CONF}\nrbd_user = openstack\n"
    )
    inside = "podman exec cinder_volume"
    path = "/etc/cinder/cinder.conf"
    there.answers |= {
        f"{inside} sh -c 'grep -la -e cinder-volume /proc/[0-9]*/cmdline'": (1, "", ""),
        f"{inside} env LC_ALL=C stat -L -c '%f|%a|%U|%u|%G|%g|%s|%Z' -- {path}": (0, "81a0|640|root|0|c|0|9|9\n", ""),
        f"{inside} cat -- {path}": (0, conf, ""),
    }
    gone = (1, "", "stat: cannot statx: No such file or directory")
    other = "/etc/cinder/cinder-volume.conf"
    there.answers[f"{inside} env LC_ALL=C stat -L -c '%f|%a|%U|%u|%G|%g|%s|%Z' -- {other}"] = gone
    for folder in ("cinder.conf.d/", "cinder-volume.conf.d/"):
        there.answers[f"{inside} env LC_ALL=C ls -1 -- /etc/cinder/{folder}"] = (2, "", "No such file or directory")

    adapter = found(there)

    assert adapter == Adapter("detect", ("podman", "exec", "cinder_volume"), options)
    assert str(adapter) == "client.openstack in cinder_volume"


def test_a_way_without_an_answer_does_not_count() -> None:
    """Every way that was tried is told, with its last words and its command."""
    with pytest.raises(NoWay) as caught:
        found(cephadm_node("none"))

    expected = (
        "no way to ask cluster dcn0 has an answer to `ceph fsid`: "
        "podman: [errno 2] RADOS object not found (error connecting to the cluster); "
        "cephadm shell: sudo: command not found; host: sudo: command not found"
    )
    assert expected in str(caught.value)
    assert len(caught.value.reproduce) == 3


def test_no_more_ways_are_looked_for_than_are_needed() -> None:
    there = node("podman_ps.json", through=fsid_through(*PODMANS))
    found(there)
    assert there.asked == [PODMAN, DOCKER, fsid_through(*PODMANS)]


def test_what_is_no_fsid_is_no_answer() -> None:
    there = node("podman_ps.json", through=fsid_through(*PODMANS), said="Welcome")
    with pytest.raises(NoWay):
        found(there)


@pytest.mark.parametrize("said", ["[errno 110] RADOS timed out", "[errno 111] RADOS connection refused"])
def test_a_silent_cluster_is_no_matter_of_the_way(said: str) -> None:
    there = node("podman_ps.json")
    there.answers[fsid_through(*PODMANS)] = (1, "", f"{said} (error connecting to the cluster)")
    assert found(there).prefix == PODMANS
    assert there.asked[-1] == fsid_through(*PODMANS)


@pytest.mark.parametrize(
    ("there", "given", "expected"),
    [
        (
            node("podman_ps_mon_stopped.json"),
            {},
            f"no running container ceph-mon-{HOST} or ceph-FSID-mon-{HOST}; podman has ceph-mgr-{HOST}, "
            f"ceph-mon-{HOST} (exited), ceph-osd-0, glance_api; docker does not answer: ",
        ),
        (
            node("podman_ps.json"),
            {"runtime": "cephadm"},
            f"no running container ceph-FSID-mon-{HOST}; podman has ",
        ),
        (node("podman_ps.json"), {"mon_container": "mon"}, "no running container mon; podman has ceph-mgr-"),
        (node(), {}, "podman does not answer; docker does not answer"),
    ],
    ids=["stopped", "not cephadm", "another name", "nothing"],
)
def test_what_was_there_instead_is_said(there: FakeNode, given: dict[str, str], expected: str) -> None:
    with pytest.raises(NoContainer) as caught:
        found(there, **given)
    assert expected in str(caught.value)


def test_no_containers_at_all() -> None:
    there = node()
    there.answers[PODMAN] = (0, "null\n", "")
    with pytest.raises(NoContainer, match="podman has no containers"):
        found(there)


def test_an_answer_that_is_no_json_is_not_taken_for_none() -> None:
    there = node()
    there.answers[PODMAN] = (0, "CONTAINER ID  IMAGE", "")
    with pytest.raises(CommandFailed, match="podman ps printed 'CONTAINER ID  IMAGE', no JSON"):
        found(there)
