"""libvirt on a compute node: a server's disks as its domain's XML has them, and secrets. Nothing here changes either.

Source: virsh(1), `dumpxml` and `secret-get-value`; libvirt's domain XML, "Hard drives, floppy disks, CDROMs",
`<source protocol='rbd'>`.
"""

from __future__ import annotations

import shlex
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

from helpers.nodes.containers import NoContainer, find_container
from helpers.nodes.fingerprints import digest_of, parse_digest
from helpers.nodes.node import CommandFailed, Completed, Runner
from helpers.wait import TimedOut, wait_until

# TripleO's container, and the one that has its place since libvirt is several daemons
_TRIPLEO, _TRIPLEO_MODULAR = "nova_libvirt", "nova_virtqemud"
# a server that starts is undefined and defined anew; `virsh` says "failed to get domain" in between
_REDEFINED_WITHIN = 15.0


@dataclass(frozen=True)
class DomainDisk:
    """A disk of a domain: `protocol` and `name` of its source (`rbd`, `vms/<server>_disk`), and the hosts to ask.

    `hosts` are addresses without ports and brackets; a disk that is no network disk has no protocol and no hosts.
    """

    target: str
    protocol: str | None
    name: str | None
    hosts: frozenset[str]


@dataclass(frozen=True)
class Domain:
    """A server as libvirt on one node has it; CD-ROMs, such as a config drive, are left out."""

    node: str
    disks: tuple[DomainDisk, ...]
    reproduce: str


class BadDomainXml(CommandFailed):
    """`virsh dumpxml` printed no domain."""


def prefix(node: Runner, container: str | None) -> tuple[str, ...]:
    """What stands before `virsh` on a node: nothing where `container` is None, else the engine's `exec`.

    TripleO's `nova_virtqemud` serves where `nova_libvirt` is looked for and does not run. Raises NoContainer.
    """
    if container is None:
        return ()
    try:
        found = find_container(node, container)
    except NoContainer as error:
        if container != _TRIPLEO:
            raise
        try:
            found = find_container(node, _TRIPLEO_MODULAR)
        except NoContainer:
            raise error from None
    return (found.engine, "exec", found.name)


@dataclass(frozen=True)
class SecretValue:
    """What libvirt on a node has under the id of a secret: the value's fingerprint, or why there is none.

    `private`: there is one, and libvirt shows it to nobody.
    """

    seen: str
    reproduce: str
    private: bool = False


#: What virsh says → what that means. A secret without a value is one that nobody has given one yet.
NONE_THERE = "no secret"
_NO_VALUE = {"failed to get secret": NONE_THERE, "does not have a value": "no value", "secret is private": "private"}


def secret_value(node: Runner, uuid: str, container: str | None) -> SecretValue:
    """The value of a secret, as a fingerprint that is made on the node: the value does not leave it.

    :raises CommandFailed: no such container, or `virsh` gets no answer
    """
    completed = node.run(*prefix(node, container), *digest_of(f"virsh secret-get-value {shlex.quote(uuid)}"))
    if completed.exit_status != 0:
        why = next((why for words, why in _NO_VALUE.items() if words in completed.stderr), None)
        if why is None:
            raise CommandFailed(completed)
        return SecretValue(why, completed.reproduce, private=why == "private")
    try:
        return SecretValue(parse_digest(completed.stdout), completed.reproduce)
    except ValueError as error:
        raise CommandFailed(completed, str(error)) from error


def domain(node: Runner, server_id: str, container: str | None) -> Domain | None:
    """The domain of a server on this node; None where libvirt knows none by this UUID.

    :param container: the container in which `virsh` runs, None for the node itself
    :raises CommandFailed: no such container, or `virsh` gets no answer
    """
    command = (*prefix(node, container), "virsh", "dumpxml", server_id)
    try:
        completed = wait_until(
            lambda: node.run(*command),
            lambda completed: not _unknown(completed),
            timeout=_REDEFINED_WITHIN,
            what=f"{node.name}: domain {server_id}",
            interval=0.5,
        )
    except TimedOut:
        return None
    if completed.exit_status != 0:
        raise CommandFailed(completed)
    try:
        return Domain(node.name, parse_disks(completed.stdout), completed.reproduce)
    except ValueError as error:
        raise BadDomainXml(completed, f"not a domain's XML ({error})") from error


def parse_disks(text: str) -> tuple[DomainDisk, ...]:
    """The disks of `virsh dumpxml`. Raises ValueError: no domain's XML."""
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - what libvirt of the deployment's own node prints
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error
    if root.tag != "domain":
        raise ValueError(f"<{root.tag}> where <domain> is expected")
    return tuple(_disk(disk) for disk in root.findall("./devices/disk") if disk.get("device", "disk") == "disk")


def _disk(disk: ElementTree.Element) -> DomainDisk:
    source, target = disk.find("source"), disk.find("target")
    hosts = () if source is None else source.findall("host")
    return DomainDisk(
        target="" if target is None else target.get("dev", ""),
        protocol=None if source is None else source.get("protocol"),
        name=None if source is None else source.get("name"),
        hosts=frozenset((host.get("name") or "").strip("[]") for host in hosts),
    )


def _unknown(completed: Completed) -> bool:
    return completed.exit_status != 0 and "failed to get domain" in completed.stderr
