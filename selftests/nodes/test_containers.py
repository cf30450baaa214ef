"""The containers of nodes of each kind; what they print is in `selftests/data`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from helpers.nodes.containers import (
    Container,
    NoContainer,
    find_container,
    is_container_trouble,
    mounts_of,
    parse_docker_ps,
    parse_podman_ps,
)
from helpers.nodes.node import CommandFailed, Completed

DATA = Path(__file__).parents[1] / "data"
HOST = "dcn0-distributedcomputehci-0"
FSID = "5bb3a1f0-9a4e-4c9c-8b1c-0d6a7f6f4d21"
PODMAN = "podman ps --all --format json"
DOCKER = "docker ps --all --no-trunc --format '{{json .}}'"
MISSING = (1, "", "sudo: command not found")


class FakeNode:
    """Answers the commands that it was given, and fails the test at any other."""

    name = HOST

    def __init__(self, answers: dict[str, tuple[int, str, str]], hostname: str = HOST) -> None:
        self.answers = answers
        self.hostname = hostname
        self.asked: list[str] = []

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        command = shlex.join(argv)
        self.asked.append(command)
        status, stdout, stderr = self.answers[command]
        return Completed(self.name, argv, command, status, stdout, stderr, f"ssh {self.name} {command}")

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        completed = self.run(*argv)
        if completed.exit_status:
            raise CommandFailed(completed)
        return completed


def node(podman: str | None = None, docker: str | None = None, *, rbd: bool = False, host: str = HOST) -> FakeNode:
    answers = {
        PODMAN: (0, (DATA / podman).read_text(), "") if podman else MISSING,
        DOCKER: (0, (DATA / docker).read_text(), "") if docker else MISSING,
        "rbd --version": (0, "ceph version 16.2.15", "") if rbd else MISSING,
    }
    return FakeNode(answers, host)


def test_the_containers_of_both_engines() -> None:
    podman = parse_podman_ps((DATA / "podman_ps_mon_stopped.json").read_text())
    assert {str(container) for container in podman} >= {f"ceph-mon-{HOST} (exited)", "ceph-osd-0"}
    for name in ("docker_ps.jsonl", "docker_ps_19.jsonl"):
        docker = parse_docker_ps((DATA / name).read_text())
        assert [container.name for container in docker if not container.running] == ["glance_api"]
        assert Container(f"ceph-mon-{HOST}", "running", "docker") in docker


@pytest.mark.parametrize("has_state", [True, False], ids=["a number", "none"])
def test_podman_1_has_a_name_and_a_number(has_state: bool) -> None:
    """podman 1.6 prints a container's name as a text and its state as a number, besides `Up 2 hours ago`."""
    listed = json.loads((DATA / "podman_ps_mon_stopped.json").read_text())
    for entry in listed:
        (entry["Names"],) = entry["Names"]
        entry["State"] = {"running": 3, "exited": 6}[entry["State"]]
        if not has_state:
            del entry["State"]
    assert parse_podman_ps(json.dumps(listed)) == parse_podman_ps((DATA / "podman_ps_mon_stopped.json").read_text())


def test_docker_that_is_podman() -> None:
    """A `docker` that is podman's own prints podman's lists of names, one object a line."""
    lines = [json.dumps(entry) for entry in json.loads((DATA / "podman_ps.json").read_text())]
    assert f"ceph-mon-{HOST}" in [one.name for one in parse_docker_ps("\n".join(lines)) if one.running]


def test_the_internal_glance_of_a_site_is_its_glance() -> None:
    """`glance_api_internal` is taken where no `glance_api` runs, and only there."""
    there = node("podman_ps.json")
    status, text, _ = there.answers[PODMAN]
    there.answers[PODMAN] = (status, text.replace("glance_api", "glance_api_internal"), "")
    assert find_container(there, "glance_api").name == "glance_api_internal"
    both = [entry for one in (text, there.answers[PODMAN][1]) for entry in json.loads(one)]
    there.answers[PODMAN] = (0, json.dumps(both[::-1]), "")
    assert find_container(there, "glance_api").name == "glance_api"


def test_pacemakers_bundle_of_a_service_is_found() -> None:
    there = node("podman_ps.json")
    status, text, _ = there.answers[PODMAN]
    there.answers[PODMAN] = (status, text.replace("glance_api", "openstack-cinder-volume-podman-0"), "")
    assert find_container(there, "cinder_volume").name == "openstack-cinder-volume-podman-0"
    with pytest.raises(NoContainer, match="no running container nova_compute; podman has ceph-mgr-"):
        find_container(there, "nova_compute")


@pytest.mark.parametrize(
    ("argv", "status", "stderr", "expected"),
    [
        ("podman exec a rbd", 125, 'Error: no container with name or ID "a" found: no such container', True),
        ("podman exec a rbd", 255, "Error: can only create exec sessions on running containers: container st", True),
        ("docker exec a rbd", 1, "Error response from daemon: Container 0af is not running", True),
        ("docker exec a rbd", 1, "Error: No such container: a", True),
        ("podman exec a rbd", 2, "rbd: error opening pool 'a': (2) No such file or directory", False),
        ("podman exec a ceph", 2, "Error ENOENT: failed to find client.a in keyring", False),
        ("podman exec a rbd", 0, "Error: no container", False),
        ("rbd ls", 255, "Error: no container", False),
    ],
)
def test_trouble_of_the_container_and_of_the_command(argv: str, status: int, stderr: str, expected: bool) -> None:
    completed = Completed("a", tuple(argv.split()), argv, status, "", f"{stderr}\n", "")
    assert is_container_trouble(completed) is expected


def test_a_file_of_a_container_is_somewhere_on_the_node() -> None:
    """The innermost mount tells where; Kolla's containers copy theirs from another place."""
    there = node("podman_ps.json")
    mounts = {"/etc/ceph": "/var/lib/tripleo-config/ceph", "/etc/ceph/keys": "/srv/keys", "/var/log": "/var/log"}
    listed = [{"Type": "bind", "Source": source, "Destination": place} for place, source in mounts.items()]
    inspect = "podman inspect --format '{{json .Mounts}}' glance_api"
    there.answers[inspect] = (0, json.dumps(listed), "")
    found = mounts_of(there, ("podman", "exec", "glance_api"))
    copied = [{"Source": "/srv/ceph", "Destination": "/var/lib/kolla/config_files/src-ceph"}]
    there.answers[inspect] = (0, json.dumps(copied), "")

    assert found.on_node("/etc/ceph/a.conf") == "/var/lib/tripleo-config/ceph/a.conf"
    assert found.on_node("/etc/ceph/keys/a") == "/srv/keys/a"
    assert found.on_node("/etc/cephalon") is None
    assert mounts_of(there, ("podman", "exec", "glance_api")).on_node("/etc/ceph/a.conf") == "/srv/ceph/a.conf"
    assert mounts_of(there, ()).on_node("/etc/ceph/a.conf") == "/etc/ceph/a.conf"
    there.answers[inspect] = (0, "<no value>", "")
    with pytest.raises(CommandFailed, match="podman inspect printed '<no value>', no mounts"):
        mounts_of(there, ("podman", "exec", "glance_api"))
