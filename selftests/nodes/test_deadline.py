"""Where `timeout` stands in a command that a container runs."""

from __future__ import annotations

import pytest

from helpers.nodes.deadline import limited, start_up

SHELL = "cephadm shell --fsid a --config b --keyring c --"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("rbd ls", "timeout -k 5 60 rbd ls"),
        ("podman exec mon rbd ls", "timeout -k 5 63 podman exec mon timeout -k 5 60 rbd ls"),
        ("podman exec -it mon rbd", "timeout -k 5 60 podman exec -it mon rbd"),
        (f"{SHELL} rbd ls", f"timeout -k 5 83 {SHELL} timeout -k 5 60 rbd ls"),
        ("oc exec -n a b -- rbd ls", "timeout -k 5 63 oc exec -n a b -- timeout -k 5 60 rbd ls"),
        ("cephadm ls", "timeout -k 5 60 cephadm ls"),
    ],
)
def test_a_deadline_holds_on_the_node_and_in_the_container(command: str, expected: str) -> None:
    assert " ".join(limited(tuple(command.split()), 60)) == expected


def test_a_shell_has_time_to_start() -> None:
    """What the container takes to start is no time of the command's, also on this side."""
    assert start_up((*SHELL.split(), "rbd", "ls")) == 20
    assert start_up(("podman", "exec", "mon", "rbd", "ls")) == 0
