"""The real command-line clients, in a virtual environment that is created once in the user's cache."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

# OpenStackClient 10.5 drops --force from "volume snapshot create" if Cinder knows 3.66, but then requests 3.65
PACKAGES = ("python-openstackclient>=6.6,<7", "python-glanceclient>=4,<5", "setuptools<81")


class NotInstalled(Exception):
    """The clients cannot be installed, for the reason in the message."""


def make() -> Path:
    """Return the folder of the clients' commands, which is created if it does not exist.

    :raises NotInstalled: for example if there is no package index
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "dcn-verify" / f"clients-6-python{sys.version_info.major}.{sys.version_info.minor}"
    commands = folder / "bin"
    if not (commands / "glance").exists() or not (commands / "openstack").exists():
        venv.create(folder, with_pip=True)
        install = [str(commands / "pip"), "install", "--quiet", *PACKAGES]
        ended = subprocess.run(install, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
        if ended.returncode:
            raise NotInstalled(f"the clients cannot be installed: {ended.stderr.strip().splitlines()[-1]}")
    return commands
