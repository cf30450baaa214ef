"""Ceph's files in Secrets, and which Secret each service finds in its folder /etc/ceph."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from helpers.declared.model import Conf, Holder, KeyringFile
from helpers.declared.texts import Text, unknown
from helpers.openshift.resources import Resource, Resources
from helpers.tripleo.findings import Finding, Place
from helpers.tripleo.loader import Node

_BLOCK = re.compile(r"[:\-]\s*(?:![\w!]+\s+)?[|>][+\-\d]*\s*(?:#.*)?$")


def text_of(node: Node, lines: tuple[str, ...]) -> Text:
    """A value as a text with lines: in a literal block, they are those that follow its key."""
    number = node.place.line
    block = 0 < number <= len(lines) and _BLOCK.search(lines[number - 1]) is not None
    return Text(node.place, node.text, number + 1 if block else 0)


def decoded(resource: Resource) -> Iterator[tuple[str, Text | Finding]]:
    """Each member of a Secret or ConfigMap with its text, or why it has none. Placeholders are left out."""
    for section in ("stringData", "data"):
        for name, node in _entries(resource, section).items():
            if node.kind not in {"text", "bool"} or unknown(node.text):
                continue
            place = Place(node.place.file, node.place.line, f"{resource.kind} {resource.name} {section}.{name}")
            if resource.kind != "Secret" or section == "stringData":
                yield name, replace(text_of(node, resource.lines), place=place)
                continue
            try:
                content = base64.b64decode("".join(node.text.split()), validate=True).decode()
            except (binascii.Error, ValueError):
                yield name, Finding(place, "what is not base64 of a text", "base64, or stringData for the text")
                continue
            if not unknown(content):
                yield name, Text(place, content)


def _entries(resource: Resource, section: str) -> Mapping[str, Node]:
    node = resource.node.get(section)
    return node.entries if node is not None else {}


def holder(resource: Resource, unreadable: list[Finding]) -> Holder | None:
    """Ceph's files in a Secret, or None if it has none, or placeholders only."""
    names = [*_entries(resource, "data"), *_entries(resource, "stringData")]
    if not any(name.endswith(".keyring") for name in names):
        return None
    found = gathered(resource.name, resource.node, decoded(resource), unreadable)
    return found if found.confs or found.keyrings else None


def gathered(name: str, node: Node, members: Iterable[tuple[str, Text | Finding]], unreadable: list[Finding]) -> Holder:
    """The confs and keyrings among some members."""
    confs: dict[str, Conf] = {}
    keyrings: dict[str, KeyringFile] = {}
    for member, text in members:
        kind = "ceph" if member.endswith(".conf") else "keyring" if member.endswith(".keyring") else ""
        broken = ([text] if isinstance(text, Finding) else text.broken(kind)) if kind else []
        unreadable += broken
        if isinstance(text, Finding) or broken or not kind:
            continue
        if kind == "ceph":
            confs[member] = Conf(member, text)
        else:
            keyrings[member] = KeyringFile(member, text)
    return Holder(name, node.place, confs, keyrings)


@dataclass(frozen=True)
class Mount:
    """Secrets in /etc/ceph, and the services that `propagation` gives them to. Without any, it is all of them."""

    services: frozenset[str]
    secrets: tuple[str, ...]
    place: Place


def mounts(extra: Iterable[Node]) -> Iterator[Mount]:
    """The mounts in lists of `extraMounts`, of the control plane or of a node set."""
    for among in extra:
        for entry in among.items:
            volumes = [*entry.mappings("extraVol")] or [entry]
            for volume in volumes:
                paths = [path.text for mount in volume.mappings("mounts") if (path := mount.scalar("mountPath"))]
                if any("ceph" in path for path in paths):
                    listed = volume.get("propagation")
                    services = listed.elements() if listed is not None else []
                    yield Mount(frozenset(services), tuple(_secrets(volume)), volume.place)


def _secrets(volume: Node) -> Iterator[str]:
    for item in volume.mappings("volumes"):
        named = [
            item.get("secret", "secretName"),
            item.get("secret", "name"),
            *(one.get("secret", "name") for one in _projected(item)),
        ]
        yield from (node.text for node in named if node is not None)


def _projected(item: Node) -> Iterable[Node]:
    projected = item.get("projected")
    return projected.mappings("sources") if projected is not None else ()


def mounted(found: Iterable[Mount], holders: dict[str, Holder], *services: str) -> Holder | None:
    """The folder of a service, which is known by its instance, its kind and its group, the most specific one first."""
    known = list(found)
    for service in services:
        for mount in known:
            if service in mount.services:
                return _first(mount, holders)
    for mount in known:
        if not mount.services:
            return _first(mount, holders)
    return Holder(f"/etc/ceph of {services[0]}", known[0].place) if known and services and holders else None


def _first(mount: Mount, holders: dict[str, Holder]) -> Holder | None:
    return next((holders[name] for name in mount.secrets if name in holders), None)


def holders(resources: Resources, used: Iterable[str]) -> dict[str, Holder]:
    """The Secrets with Ceph's files; if any is mounted, only those that are."""
    named = set(used)
    secrets = resources.of("Secret")
    kept = [secret for secret in secrets if secret.name in named] or secrets
    found = [(secret.name, holder(secret, resources.unreadable)) for secret in kept]
    return {name: one for name, one in found if one is not None}
