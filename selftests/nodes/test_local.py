"""A node that the harness runs on, and a pod that it reaches: commands are run here, as they are on any other node."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from helpers.environment import NodeSpec, Ssh
from helpers.environment.sections import Pod
from helpers.nodes.node import DeadlinePassed, Node, read_file


@pytest.fixture
def here() -> Node:
    return Node(NodeSpec("controller-0", "local", (), "central"), Ssh(sudo=False, deadline=20))


def test_a_command_has_its_words_its_outputs_and_its_status(here: Node) -> None:
    done = here.run("sh", "-c", 'echo "$1"; echo "$2" >&2; exit 3', "sh", "a  b", "$HOME")

    assert (done.exit_status, done.stdout, done.stderr) == (3, "a  b\n", "$HOME\n")
    assert done.reproduce == done.command == """sh -c 'echo "$1"; echo "$2" >&2; exit 3' sh 'a  b' '$HOME'"""


def test_much_output_of_both_kinds_is_read(here: Node) -> None:
    done = here.run("sh", "-c", "yes | head -c 300000 >&2; yes | head -c 300000")
    assert (len(done.stdout), len(done.stderr)) == (300000, 300000)


def test_a_command_that_takes_too_long_is_ended(here: Node) -> None:
    begun = time.monotonic()
    with pytest.raises(DeadlinePassed, match=r"controller-0: not done within 0\.3 s: sleep 30"):
        here.run("sleep", "30", deadline=0.3)
    assert time.monotonic() - begun < 15


def test_a_command_ends_by_a_signal(here: Node) -> None:
    assert here.run("sh", "-c", "kill -9 $$").exit_status == 137  # as `timeout` says it


def test_files_and_the_name_are_those_of_this_machine(here: Node, tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("[global]\n")

    here.connect()
    assert read_file(here, str(tmp_path / "a.conf")).content == "[global]\n"
    assert not read_file(here, str(tmp_path / "b.conf")).exists
    assert here.hostname


def test_nothing_of_the_run_is_given_to_a_command(here: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_PASSWORD", "secret")
    assert "OS_PASSWORD" not in here.run("env").stdout


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A pod whose `oc` runs what follows `--`, and says how it has ended, as the real one does."""
    oc = tmp_path / "oc"
    oc.write_text(
        "#!/bin/sh\n"
        '[ "$1 $2 $3 $4 $5 $6 $7" = "exec -n openstack glance-0 -c glance-api --" ] || exit 99\n'
        'echo "Defaulted container \\"glance-api\\" out of: glance-api, log" >&2; shift 7; "$@"; status=$?\n'
        '[ $status = 0 ] || echo "command terminated with exit code $status" >&2; exit $status\n'
    )
    oc.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    place = Pod.model_validate({"name": "glance-0", "container": "glance-api"})
    return Node(NodeSpec("glance", "local", ("glance",), "central", place), Ssh(sudo=True, deadline=20))


def test_a_command_of_a_pod_is_handed_on_without_sudo(pod: Node) -> None:
    done = pod.run("sh", "-c", "echo out; echo err >&2; exit 3")

    assert (done.exit_status, done.stdout, done.stderr) == (3, "out\n", "err\n")
    assert done.reproduce == "oc exec -n openstack glance-0 -c glance-api -- sh -c 'echo out; echo err >&2; exit 3'"
    assert done.argv[0] == "sh"


def test_a_file_that_is_not_in_a_pod_is_none_there(pod: Node, tmp_path: Path) -> None:
    """What `oc` adds to the message of `stat` hides nothing."""
    assert not read_file(pod, str(tmp_path / "none")).exists
