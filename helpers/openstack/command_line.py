"""`openstack` command lines."""

from __future__ import annotations

import shlex


def command_line(cloud: str, *words: str) -> str:
    """An `openstack` command line with an entry of clouds.yaml, each word quoted.

    >>> command_line("overcloud", "server", "show", "a b")
    "openstack --os-cloud overcloud server show 'a b'"
    """
    return shlex.join(("openstack", "--os-cloud", cloud, *words))
