"""The `openstack` command lines that a person types."""

from __future__ import annotations

import shlex


def command_line(cloud: str, *words: str) -> str:
    """`openstack` with an entry of clouds.yaml, every word quoted.

    >>> command_line("overcloud", "server", "show", "a b")
    "openstack --os-cloud overcloud server show 'a b'"
    """
    return shlex.join(("openstack", "--os-cloud", cloud, *words))
