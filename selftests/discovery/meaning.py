"""How two environment files are compared, and the command that writes one."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from helpers.environment import Environment, Site

ROOT = Path(__file__).parents[2]
_NOT_OF_THE_DEPLOYMENT = frozenset({"path", "deployment_files", "limits", "timeouts"})


def meaning(environment: Environment) -> dict[str, object]:
    """What an environment file says about a deployment: key → value, with roles and nodes in a fixed order.

    Paths of files, limits and timeouts are left out.
    """
    found = {field.name: getattr(environment, field.name) for field in fields(environment)}
    sites = {site.name: _site(site) for site in environment.sites}
    return {name: value for name, value in found.items() if name not in _NOT_OF_THE_DEPLOYMENT} | {"sites": sites}


def _site(site: Site) -> dict[str, object]:
    found = {field.name: getattr(site, field.name) for field in fields(site) if field.compare}
    ceph = site.ceph.model_dump(exclude={"stats_period"}) if site.ceph else None
    nodes = sorted((node.name, node.address, *sorted(node.roles)) for node in site.nodes)
    return found | {"ceph": ceph, "nodes": nodes}


def choices(document: dict[str, Any], folder: Path) -> list[str]:
    """The options for what discovery cannot find out, with the values of an environment file in `folder`."""
    console = document["image"]["console"]
    undercloud = ["--undercloud", document["undercloud"]["host"]] if "undercloud" in document else []
    return [
        *undercloud,
        *("--cloud", document["cloud"], "--clouds-file", str(folder / document["clouds_file"])),
        *("--ssh-config", str(folder / document["ssh"]["config"]), "--ssh-user", document["ssh"]["user"]),
        *("--known-hosts", str(folder / document["ssh"]["known_hosts"])),
        *("--image-uri", document["image"]["uri"], "--flavor", document["flavor"], "--network", document["network"]),
        *("--console-booted", console["booted"], "--console-marker", console["marker"]),
    ]


def discovery(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run discovery as an operator does."""
    command = [sys.executable, "-m", "dcn_verify", "discover", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
