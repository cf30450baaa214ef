"""The undercloud, queried on a node that answers from a recording of `openstack stack list`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.environment import load_environment
from helpers.nodes.node import CommandFailed, Completed
from helpers.tripleo.undercloud import Undercloud, undercloud_of

LISTED = [
    {"ID": "1", "Stack Name": "dcn0", "Project": "admin", "Stack Status": "UPDATE_COMPLETE", "Updated Time": None},
    {"ID": "2", "Stack Name": "control-plane", "Project": "admin", "Stack Status": "CREATE_FAILED"},
]


class FakeNode:
    """Answers every command with the same output."""

    name = hostname = "undercloud"

    def __init__(self, stdout: str) -> None:
        self.stdout, self.asked = stdout, list[tuple[str, ...]]()

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        self.asked.append(argv)
        return Completed(self.name, argv, "", 0, self.stdout, "", "ssh undercloud …")

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        return self.run(*argv, deadline=deadline)


def test_states_are_by_name():
    stacks = Undercloud(FakeNode(json.dumps(LISTED))).stacks()

    assert stacks.states == {"dcn0": "UPDATE_COMPLETE", "control-plane": "CREATE_FAILED"}
    assert stacks.seen("control-plane") == "CREATE_FAILED"
    assert stacks.seen("dcn1") == "no such stack; stacks there: control-plane, dcn0"
    assert stacks.reproduce == "ssh undercloud …"


def test_no_stacks_at_all():
    assert Undercloud(FakeNode("[]")).stacks().seen("dcn1") == "no such stack; stacks there: none"


@pytest.mark.parametrize(
    ("rc", "sourced"),
    [
        ("stackrc", "source ./stackrc"),
        ("~/stackrc", "source ./stackrc"),
        ("/etc/my rc", "source '/etc/my rc'"),
        ("$(id)", "source './$(id)'"),
    ],
)
def test_the_rc_file_is_read_where_it_is(rc: str, sourced: str):
    node = FakeNode("[]")
    Undercloud(node, rc).stacks()

    assert node.asked == [("bash", "-c", f"{sourced} && openstack stack list --format json")]


@pytest.mark.parametrize("printed", ["", "+----+", "{}", '[{"ID": 1}]', "[1]", "null"])
def test_another_answer_is_not_taken_for_a_list(printed: str):
    undercloud = Undercloud(FakeNode(printed))

    with pytest.raises(CommandFailed, match="not a list of stacks"):
        undercloud.stacks()


def test_its_user_is_its_own_and_needs_no_sudo(tmp_path: Path):
    (tmp_path / "ssh_config").write_text("Host uc\n  HostName 127.0.0.1\n  User stack\n")
    file = tmp_path / "environment.yaml"
    file.write_text(
        "{cloud: dcn, ssh: {config: ssh_config, user: heat-admin}, image: {uri: 'http://192.0.2.10/g'},"
        " undercloud: {host: uc}, sites: {central: {central: true, availability_zone: nova, store: default_backend,"
        " glance: 'http://192.0.2.10:9292', ceph: {cluster: central}}}}"
    )

    undercloud = undercloud_of(load_environment(file))

    assert undercloud is not None
    assert undercloud.node._connection.command("true") == f"ssh -F {tmp_path / 'ssh_config'} uc true"  # type: ignore[attr-defined]
    assert undercloud.node._ssh.sudo is False  # type: ignore[attr-defined]
