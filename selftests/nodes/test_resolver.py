"""Host names as a node resolves them."""

from __future__ import annotations

import pytest

from helpers.nodes.resolver import addresses
from helpers.nodes.runner import CommandFailed, Completed


class Node:
    """Knows one name, and fails the test at any other command."""

    name = hostname = "controller-0"

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        assert argv[:2] == ("getent", "ahosts")
        known = argv[2] == "mon-0.example.com"
        answer = "".join(f"192.0.2.1      {kind:6} mon-0.example.com\n" for kind in ("STREAM", "DGRAM", "RAW"))
        status = 0 if known else 2
        return Completed(self.name, argv, " ".join(argv), status, answer if known else "", "", f"ssh {' '.join(argv)}")

    run_checked = run


def test_names_are_asked_for_and_addresses_are_not():
    """A name becomes the addresses that the node has for it; an address stays, in its usual spelling."""
    assert addresses(Node(), ["mon-0.example.com", "192.0.2.2", "2001:DB8:0::1"]) == {
        "192.0.2.1",
        "192.0.2.2",
        "2001:db8::1",
    }


def test_a_name_that_the_node_does_not_know_is_said():
    """A name without an address is an error that says the name, the node and the command."""
    with pytest.raises(CommandFailed, match="controller-0: the name mon-9 cannot be resolved here: ssh getent ahosts"):
        addresses(Node(), ["mon-9"])
