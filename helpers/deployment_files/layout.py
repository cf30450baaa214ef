"""Which file belongs to which stack, and which stack is the central one.

A stack's files are those under the folder of its name (`control-plane/`, `dcn0/`), wherever config-download's own
folders stand above or below it; a file under no such folder (`central_ceph_external.yaml`) is shared by all stacks.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from helpers.deployment_files.findings import Finding
from helpers.deployment_files.loader import load
from helpers.deployment_files.recognise import Gathered
from helpers.deployment_files.stacks import DeploymentFiles, Stack

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
MAX_FILES = 20_000
_HINTS = re.compile(
    rb"parameter_defaults|openstack_keys|storage_ip|tripleo_ceph_client|service_type:|ServicesDefault|fsid"
)
#: What config-download and cephadm call their files: read wherever they lie, so that a broken one is not missed.
_KNOWN_NAMES = frozenset({"all.yml", "inventory.yaml", "inventory.yml", "ceph_client.yml", "ceph_spec.yaml"})
#: Folders that hold a stack's folder, or are in one, and name no stack themselves.
_STRUCTURE = frozenset(
    [
        "ceph-ansible",
        "cephadm",
        "group_vars",
        "host_vars",
        "config-download",
        "overcloud-deploy",
        "templates",
        "environments",
        "home",
        "stack",
        "var",
        "lib",
        "mistral",
        "network",
        "tripleo",
    ]
)
_CENTRAL_NAMES = ("control-plane", "central", "overcloud")


class NoDeploymentFiles(Exception):
    """The folder cannot be used: missing, not a folder, or with nothing in it that is known."""


def read(folder: Path) -> DeploymentFiles:
    """Read a folder of deployment files.

    :raises NoDeploymentFiles: when it cannot be used, in one line that says why
    """
    if not folder.is_dir():
        why = "is not a folder" if folder.exists() else "does not exist"
        raise NoDeploymentFiles(f"{folder} {why}: give the folder that holds control-plane/, dcn0/, …")
    loaded = [(_stack_of(file), load(path, file)) for path, file in sorted(_candidates(folder))]
    gathered: dict[str, Gathered] = {}
    for name, one in loaded:
        gathered.setdefault(name, Gathered(name)).add(one)
    shared = gathered.setdefault("", Gathered(""))
    stacks = [each.stack(shared) for name, each in gathered.items() if name and each.is_stack]
    if not stacks:
        broken = [str(finding.place) for each in gathered.values() for finding in each.unreadable]
        hint = f"; cannot be read: {', '.join(broken[:3])}" if broken else ""
        raise NoDeploymentFiles(
            f"{folder} holds no stack's files: expected folders such as control-plane/ and dcn0/ with ceph_keys.yaml, "
            f"ceph.yaml, az.yaml, role-counts.yaml{hint}"
        )
    names = {stack.name for stack in stacks}
    return DeploymentFiles(
        folder,
        _central_first(stacks),
        _by_stack(gathered.values(), names, "unreadable"),
        _by_stack(gathered.values(), names, "doubtful"),
    )


def _by_stack(gathered: Iterable[Gathered], stacks: set[str], which: str) -> dict[str, tuple[Finding, ...]]:
    """Findings by stack; those of a folder that is no stack count as shared."""
    found: dict[str, tuple[Finding, ...]] = {}
    for each in gathered:
        name = each.name if each.name in stacks else ""
        found[name] = (*found.get(name, ()), *getattr(each, which))
    return {name: findings for name, findings in found.items() if findings}


def _candidates(folder: Path) -> Iterator[tuple[Path, str]]:
    """YAML and JSON files; deep in config-download's folders only those that hold a word of what is looked for.

    :raises NoDeploymentFiles: when there are too many to be what was meant
    """
    seen = 0
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(where, name)
            seen += 1
            if seen > MAX_FILES:
                raise NoDeploymentFiles(f"{folder} holds more than {MAX_FILES} files: give the templates' folder alone")
            if path.suffix.lower() not in SUFFIXES:
                continue
            file = path.relative_to(folder).as_posix()
            if _regular(path) and (file.count("/") <= 1 or name in _KNOWN_NAMES or _hinted(path)):
                yield path, file


def _regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True  # a link to nowhere: reading it gives the finding


def _hinted(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return _HINTS.search(stream.read(1024**2)) is not None
    except OSError:
        return True


def _stack_of(file: str) -> str:
    return next((part for part in file.split("/")[:-1] if part not in _STRUCTURE), "")


def _central_first(stacks: list[Stack]) -> tuple[Stack, ...]:
    best = max(stacks, key=lambda stack: (_centrality(stack), stack.name))
    if _centrality(best) <= 0:
        return tuple(sorted(stacks, key=_natural))
    central = replace(best, central=True)
    return (central, *sorted((stack for stack in stacks if stack is not best), key=_natural))


def _centrality(stack: Stack) -> int:
    """How much looks like the central stack: its name, its Controllers, no role or zone of a DCN site."""
    controllers = any(node.text.strip() not in {"", "0"} for node in stack.counts.get("Controller", ()))
    edge = any(role.startswith("Distributed") for role in stack.counts) or any(
        stack.parameter(name) is not None for name in ("CinderVolumeCluster", "CinderStorageAvailabilityZone")
    )
    hosts = any(inventory.get("Controller", "hosts") is not None for inventory in stack.inventories)
    named = len(_CENTRAL_NAMES) - _CENTRAL_NAMES.index(stack.name) if stack.name in _CENTRAL_NAMES else 0
    return 10 * named + 5 * (controllers or hosts) - 20 * edge


def _natural(stack: Stack) -> list[tuple[int, str]]:
    """dcn2 before dcn10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", stack.name)]
