"""The undercloud: the machine that created the deployment, and the stacks that it knows."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from simulator.world.clock import now
from simulator.world.nodes import File, Node

USER = "stack"
RC = f"/home/{USER}/stackrc"
ROLE = "undercloud"
CENTRAL_STACK = "control-plane"


@dataclass
class Stack:
    """One Heat stack; `status` consists of action and status, as in `CREATE_COMPLETE`."""

    name: str
    status: str = "CREATE_COMPLETE"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: str = field(default_factory=lambda: f"{now():%Y-%m-%dT%H:%M:%SZ}")


@dataclass
class Undercloud:
    """The machine, and the stacks by name."""

    node: Node
    stacks: dict[str, Stack]

    def stack_of(self, site: str, central: bool) -> str:
        """Return the name of a site's stack."""
        return CENTRAL_STACK if central else site


def undercloud(address: str, ssh_port: int, dcn_sites: Iterable[str]) -> Undercloud:
    """Return an undercloud with complete stacks and with its credentials in the user's home."""
    node = Node("undercloud", "central", address, (ROLE,), ssh_port)
    exports = {
        "OS_AUTH_TYPE": "password",
        "OS_AUTH_URL": "https://192.168.24.2:13000",
        "OS_USERNAME": "admin",
        "OS_PASSWORD": secrets.token_urlsafe(16),
        "OS_PROJECT_NAME": "admin",
    }
    text = "".join(f"export {name}={value}\n" for name, value in exports.items())
    node.files[RC] = File(text, USER, USER, 0o600)
    return Undercloud(node, {name: Stack(name) for name in (CENTRAL_STACK, *dcn_sites)})
