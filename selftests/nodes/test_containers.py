"""Where `ceph` runs and a service's files are, on nodes of each kind; what they print is in `selftests/data`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from helpers.environment import Ceph
from helpers.nodes.containers import (
    Adapter,
    Container,
    NoContainer,
    find_adapter,
    find_container,
    is_container_trouble,
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


def test_what_the_file_says_is_not_looked_for() -> None:
    asked = FakeNode({})
    for runtime in ("podman", "docker"):
        adapter = find_adapter(asked, Ceph(cluster="dcn0", runtime=runtime))
        assert adapter == Adapter(runtime, (runtime, "exec", f"ceph-mon-{HOST}"), ("--cluster", "dcn0"))
    assert find_adapter(asked, Ceph(cluster="dcn0", runtime="host")).prefix == ()
    named = Ceph(cluster="dcn0", runtime="podman", mon_container="mon_of_{hostname}")
    assert find_adapter(asked, named).prefix == ("podman", "exec", f"mon_of_{HOST}")
    assert asked.asked == []


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (node("podman_ps.json"), Adapter("podman", ("podman", "exec", f"ceph-mon-{HOST}"), ("--cluster", "dcn0"))),
        (
            node(docker="docker_ps.jsonl"),
            Adapter("docker", ("docker", "exec", f"ceph-mon-{HOST}"), ("--cluster", "dcn0")),
        ),
        (
            node(docker="docker_ps_19.jsonl"),
            Adapter("docker", ("docker", "exec", f"ceph-mon-{HOST}"), ("--cluster", "dcn0")),
        ),
        (node(rbd=True), Adapter("host", (), ("--cluster", "dcn0"))),
        (
            node("podman_ps.json", host=f"{HOST}.localdomain"),
            Adapter("podman", ("podman", "exec", f"ceph-mon-{HOST}"), ("--cluster", "dcn0")),
        ),
    ],
    ids=["podman", "docker", "docker 19", "host", "long host name"],
)
def test_it_is_found_on_the_node(there: FakeNode, expected: Adapter) -> None:
    assert find_adapter(there, Ceph(cluster="dcn0")) == expected


@pytest.mark.parametrize(
    ("has_conf", "options"), [(True, ("--cluster", "dcn0")), (False, ())], ids=["conf by name", "cephadm's own"]
)
@pytest.mark.parametrize("runtime", ["detect", "cephadm"])
@pytest.mark.parametrize("sign", ["-", "."])
def test_cephadms_container_is_found(sign: str, runtime: str, has_conf: bool, options: tuple[str, ...]) -> None:
    there = node("podman_ps_cephadm.json")
    name = f"ceph-{FSID}-mon{sign}{HOST}"
    status, text, _ = there.answers[PODMAN]
    there.answers[PODMAN] = (status, text.replace(f"ceph-{FSID}-mon-{HOST}", name), "")
    there.answers[f"podman exec {name} test -e /etc/ceph/dcn0.conf"] = (0 if has_conf else 1, "", "")
    adapter = find_adapter(there, Ceph(cluster="dcn0", runtime=runtime))
    assert adapter == Adapter("cephadm", ("podman", "exec", name), options)


def test_a_name_with_an_fsid_is_looked_for() -> None:
    there = node("podman_ps_cephadm.json")
    there.answers[f"podman exec ceph-{FSID}-mon-{HOST} test -e /etc/ceph/dcn0.conf"] = (1, "", "")
    ceph = Ceph(cluster="dcn0", runtime="podman", mon_container="ceph-{fsid}-mon-{hostname}")
    assert find_adapter(there, ceph).prefix == ("podman", "exec", f"ceph-{FSID}-mon-{HOST}")
    assert DOCKER not in there.asked


@pytest.mark.parametrize(
    ("there", "ceph", "expected"),
    [
        (
            node("podman_ps_mon_stopped.json"),
            Ceph(cluster="dcn0"),
            f"no running container ceph-mon-{HOST} or ceph-FSID-mon-{HOST}; podman has ceph-mgr-{HOST}, "
            f"ceph-mon-{HOST} (exited), ceph-osd-0, glance_api; docker does not answer: ",
        ),
        (
            node("podman_ps.json"),
            Ceph(cluster="dcn0", runtime="cephadm"),
            f"no running container ceph-FSID-mon-{HOST}; podman has ceph-mgr-",
        ),
        (
            node("podman_ps.json"),
            Ceph(cluster="dcn0", mon_container="mon"),
            "no running container mon; podman has ceph-mgr-",
        ),
        (node(), Ceph(cluster="dcn0"), "podman does not answer; docker does not answer"),
    ],
    ids=["stopped", "not cephadm", "another name", "nothing"],
)
def test_what_was_there_instead_is_said(there: FakeNode, ceph: Ceph, expected: str) -> None:
    with pytest.raises(NoContainer) as caught:
        find_adapter(there, ceph)
    assert expected in str(caught.value)


def test_no_containers_at_all() -> None:
    there = node()
    there.answers[PODMAN] = (0, "null\n", "")
    with pytest.raises(NoContainer, match="podman has no containers"):
        find_adapter(there, Ceph(cluster="dcn0"))


def test_an_answer_that_is_no_json_is_not_taken_for_none() -> None:
    there = node()
    there.answers[PODMAN] = (0, "CONTAINER ID  IMAGE", "")
    with pytest.raises(CommandFailed, match="podman ps printed 'CONTAINER ID  IMAGE', no JSON"):
        find_adapter(there, Ceph(cluster="dcn0"))


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
