"""What two environment files are compared by, and the command line that writes one."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from helpers.environment import Environment

ROOT = Path(__file__).parents[2]
NOWHERE = Path("nowhere")


def meaning(environment: Environment) -> Environment:
    """The environment without where its file lies, and with roles in one order: the order of a list says nothing."""
    sites = tuple(
        replace(
            site,
            nodes=tuple(
                sorted((replace(node, roles=tuple(sorted(node.roles))) for node in site.nodes), key=lambda n: n.name)
            ),
        )
        for site in environment.sites
    )
    return replace(environment, path=NOWHERE, sites=sites)


def choices(document: dict[str, Any], folder: Path) -> list[str]:
    """The options by which discovery is given what nobody can find out: as an environment file in `folder` has it."""
    console = document["image"]["console"]
    return [
        *("--cloud", document["cloud"], "--clouds-file", str(folder / document["clouds_file"])),
        *("--ssh-config", str(folder / document["ssh"]["config"]), "--ssh-user", document["ssh"]["user"]),
        *("--known-hosts", str(folder / document["ssh"]["known_hosts"])),
        *("--image-uri", document["image"]["uri"], "--flavor", document["flavor"], "--network", document["network"]),
        *("--console-booted", console["booted"], "--console-marker", console["marker"]),
    ]


def discovery(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs it as an operator does."""
    command = [sys.executable, "-m", "helpers.discovery", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
