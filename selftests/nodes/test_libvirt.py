"""A server's disks as libvirt has them, from what `virsh dumpxml` prints."""

from __future__ import annotations

import shlex

import pytest

import helpers.nodes.libvirt
from helpers.nodes.libvirt import BadDomainXml, DomainDisk, domain, parse_disks, secret_value
from helpers.nodes.node import CommandFailed, Completed

UUID = "8d5a0c0e-3f5c-4a6e-9d39-0f5d6f3ad8f0"
XML = f"""<domain type='qemu' id='1'>
  <uuid>{UUID}</uuid>
  <devices>
    <disk type='network' device='disk'>
      <driver name='qemu' type='raw' cache='writeback'/>
      <auth username='openstack'><secret type='ceph' uuid='5bb3a1f0-9a4e-4c9c-8b1c-0d6a7f6f4d21'/></auth>
      <source protocol='rbd' name='vms/{UUID}_disk' index='2'>
        <host name='192.0.2.20' port='6789'/>
        <host name='[2001:db8::20]' port='6789'/>
      </source>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='network' device='cdrom'>
      <source protocol='rbd' name='vms/{UUID}_disk.config'><host name='192.0.2.20' port='6789'/></source>
      <target dev='sda' bus='sata'/>
    </disk>
    <disk type='file' device='disk'><source file='/var/lib/nova/x'/><target dev='vdb'/></disk>
  </devices>
</domain>
"""
ROOT = DomainDisk("vda", "rbd", f"vms/{UUID}_disk", frozenset({"192.0.2.20", "2001:db8::20"}))
PODMAN = '[{{"Names": ["{}"], "State": "running"}}]'
NO_DOMAIN = f"error: failed to get domain '{UUID}'\n"


class FakeNode:
    """Answers `podman ps`, and `virsh` with one answer after the other, the last one for ever."""

    name = hostname = "dcn0-hci-0"

    def __init__(self, container: str, *answers: tuple[int, str, str]) -> None:
        self.container, self.answers = container, list(answers)
        self.asked: list[str] = []

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        self.asked.append(shlex.join(argv))
        if argv[:2] == ("podman", "ps"):
            answer = (0, PODMAN.format(self.container), "")
        elif argv[0] == "docker":
            answer = (127, "", "docker: command not found")
        else:
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Completed(self.name, argv, shlex.join(argv), *answer, f"ssh {self.name} {shlex.join(argv)}")

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        raise AssertionError(f"what fails here is an answer, so nothing is run checked: {argv}")


def test_disks_of_a_domain() -> None:
    assert parse_disks(XML) == (ROOT, DomainDisk("vdb", None, None, frozenset()))


@pytest.mark.parametrize("container", ["nova_libvirt", "nova_virtqemud"])
def test_tripleos_containers_are_found(container: str) -> None:
    node = FakeNode(container, (0, XML, ""))
    found = domain(node, UUID, "nova_libvirt")
    assert found is not None
    assert found.disks[0] == ROOT
    assert found.reproduce == f"ssh dcn0-hci-0 podman exec {container} virsh dumpxml {UUID}"


def test_without_a_container_it_is_asked_on_the_node() -> None:
    node = FakeNode("", (0, XML, ""))
    assert domain(node, UUID, None) is not None
    assert node.asked == [f"virsh dumpxml {UUID}"]


def test_a_domain_that_is_defined_anew_is_waited_for() -> None:
    assert domain(FakeNode("nova_libvirt", (1, "", NO_DOMAIN), (0, XML, "")), UUID, "nova_libvirt") is not None


def test_no_such_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers.nodes.libvirt, "_REDEFINED_WITHIN", 0.0)
    assert domain(FakeNode("nova_libvirt", (1, "", NO_DOMAIN)), UUID, "nova_libvirt") is None


@pytest.mark.parametrize(
    ("answer", "seen", "private"),
    [
        ((0, "8a1bb0d5f0c2\n", ""), "sha256:8a1bb0d5f0c2", False),
        ((1, "", f"error: failed to get secret '{UUID}'\nerror: Secret not found\n"), "no secret", False),
        ((1, "", f"error: Secret not found: secret '{UUID}' does not have a value\n"), "no value", False),
        ((1, "", "error: Requested operation is not valid: secret is private\n"), "private", True),
    ],
)
def test_a_secret_s_value_is_shown_as_its_fingerprint(answer: tuple[int, str, str], seen: str, private: bool) -> None:
    found = secret_value(FakeNode("nova_virtqemud", answer), UUID, "nova_libvirt")

    assert (found.seen, found.private) == (seen, private)
    assert f"virsh secret-get-value {UUID} | tr -d" in found.reproduce


@pytest.mark.parametrize("answer", [(1, "", "error: Failed to connect socket"), (0, "error\n", "")])
def test_a_secret_that_nobody_answers_for_is_an_error(answer: tuple[int, str, str]) -> None:
    with pytest.raises(CommandFailed):
        secret_value(FakeNode("nova_libvirt", answer), UUID, "nova_libvirt")


def test_what_is_no_answer_is_an_error() -> None:
    with pytest.raises(CommandFailed, match="no running container nova_libvirt; podman has other"):
        domain(FakeNode("other"), UUID, "nova_libvirt")
    with pytest.raises(CommandFailed, match="Failed to connect socket"):
        domain(FakeNode("nova_libvirt", (1, "", "error: Failed to connect socket")), UUID, "nova_libvirt")
    for text in ("", "<pool/>", "<domain>"):
        with pytest.raises(BadDomainXml, match="not a domain's XML"):
            domain(FakeNode("nova_libvirt", (0, text, "")), UUID, "nova_libvirt")
