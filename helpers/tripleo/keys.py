"""E1: cephx keys decode, have the right caps, and are each site's own. Source: the guide, "Create extra Ceph key"."""

from __future__ import annotations

import base64
import binascii
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from helpers.tripleo.facts import cluster_name, has_storage
from helpers.tripleo.findings import Finding, FoundElsewhere, NotGiven
from helpers.tripleo.loader import Node
from helpers.tripleo.stacks import DeploymentFiles, Stack

EXTERNAL, OPENSTACK = "client.external", "client.openstack"
#: The types of cephx keys with the length of their secrets: AES-128, and the type that Ceph added with Tentacle.
_SECRETS = {1: 16, 2: 32}
_HEADER = struct.Struct("<hiih")
_CAPS = {"mgr": "allow *", "mon": "profile rbd"}
_POOLS = {"NovaRbdPoolName": "vms", "CinderRbdPoolName": "volumes", "GlanceRbdPoolName": "images"}


@dataclass(frozen=True)
class CephxKey:
    """The fields of a cephx key, without its secret."""

    type: int
    created: int


def decode(text: str) -> CephxKey:
    """Decode a cephx key: base64 of type, creation time in seconds and nanoseconds, length, and the secret bytes.

    :raises ValueError: says what is wrong, without the key
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        raise ValueError("is not base64") from None
    if len(raw) < _HEADER.size:
        raise ValueError(f"decodes to {len(raw)} bytes, fewer than the header's {_HEADER.size}")
    type_, created, _, length = _HEADER.unpack_from(raw)
    if type_ not in _SECRETS:
        raise ValueError(f"is of type {type_}")
    if length != _SECRETS[type_] or len(raw) - _HEADER.size != length:
        raise ValueError(f"holds {len(raw) - _HEADER.size} secret bytes and declares {length}")
    return CephxKey(type_, created)


def named(source: Node, lists: tuple[str, ...], client: str) -> list[Node]:
    """The key items of a client in these lists of a file."""
    found = [item for name in lists for item in source.mappings(name)]
    return [item for item in found if (name := item.scalar("name")) and client_name(name.text) == client]


def client_name(text: str) -> str:
    """The cephx user with `client.`: `external` and `client.external` are the same user."""
    name = text.strip()
    return name if name.startswith("client.") else f"client.{name}"


def written(stack: Stack, client: str = EXTERNAL) -> list[Node]:
    """The client's items in `CephExtraKeys`, which the operator wrote."""
    return _items(stack.definitions("CephExtraKeys"), client)


def _items(lists: Iterable[Node], client: str) -> list[Node]:
    found = [item for node in lists for item in node.items if item.kind == "mapping"]
    return [item for item in found if (name := item.scalar("name")) and client_name(name.text) == client]


def left(stack: Stack, client: str = EXTERNAL) -> list[Node]:
    """The client's items in the files that the deployment left: group_vars/all.yml, ceph_client.yml."""
    found = [item for source in stack.group_vars for item in named(source, ("openstack_keys", "keys"), client)]
    return found + [item for source in stack.ceph_clients for item in named(source, ("keys",), client)]


@lru_cache(maxsize=4096)
def declared(stack: Stack, client: str = EXTERNAL) -> tuple[Node, ...]:
    """Every item that declares the client's key in the stack's own files, the operator's first."""
    return (*written(stack, client), *left(stack, client))


@lru_cache(maxsize=1024)
def shared_client(files: DeploymentFiles, stack: Stack) -> str:
    """The user of the stack's cluster whose key the other sites are given: the one that the files name most often.

    The guide uses client.external. `openstack overcloud export ceph` exports client.openstack by default, which is also
    the user of a store that names none.
    """
    votes = Counter({name: 3 * number for name, number in _users(files, stack).items()})
    for other in files.stacks:
        votes += _users(files, other)
    return max(votes, key=lambda name: (votes[name], name == EXTERNAL), default=OPENSTACK)


@lru_cache(maxsize=1024)
def _users(files: DeploymentFiles, stack: Stack) -> Counter[str]:
    """The users with which other stacks access this stack's cluster, and how often the files name each."""
    clusters = {stack.name, cluster_name(stack)}
    found = [name for name in _names(stack.definitions("CephExtraKeys")) if name != OPENSTACK]
    for other in files.stacks:
        if other is stack:
            continue
        for name, store in (
            pair for node in other.definitions("GlanceMultistoreConfig") for pair in node.entries.items()
        ):
            cluster, user = store.scalar("CephClusterName"), store.scalar("CephClientUserName")
            if name in clusters or (cluster is not None and cluster.text.strip() in clusters):
                found.append(client_name(user.text) if user else OPENSTACK)
        for entry in (entry for node in other.definitions("CephExternalMultiConfig") for entry in node.items):
            cluster, listed = entry.scalar("cluster"), entry.get("keys")
            if cluster is not None and cluster.text.strip() in clusters and listed is not None:
                found += _names((listed,))
    return Counter(found)


def _names(lists: Iterable[Node]) -> list[str]:
    return [client_name(name.text) for node in lists for item in node.items if (name := item.scalar("name"))]


def _judged(files: DeploymentFiles, stack: Stack) -> tuple[Node, ...]:
    """The item that decides. Other items that differ from it are a finding of another check."""
    client = shared_client(files, stack)
    items = declared(stack, client)
    if not items:
        missing(files, stack)  # raises NotGiven if that is no finding
        raise FoundElsewhere(f"no file of {stack} declares {client}")
    return items[:1]


def missing(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The stack declares client.external, the key that it gives to the other sites."""
    client = shared_client(files, stack)
    lists = stack.definitions("CephExtraKeys")
    if client == OPENSTACK and not declared(stack, client):
        raise NotGiven(f"{stack}: the other sites are given the key of {client}, which is made when it is deployed")
    # if the templates are given, they must contain the key: the next update removes a key that is only deployed
    templates = client != OPENSTACK and (lists or stack.definitions("CephClusterName"))
    items = tuple(written(stack, client)) if templates else declared(stack, client)
    if not items:
        names = [name.shown for node in lists for item in node.items if (name := item.scalar("name"))]
        place = lists[0].place if lists else stack.place
        seen = f"keys for {', '.join(names) or 'nobody'}" if lists else "no CephExtraKeys"
        finding = Finding(place, seen, f"an item with name {client}, to give to the other sites")
        return files.lacks(stack, finding, _items(stack.maybe.get("CephExtraKeys", ()), client))
    return [Finding(item.place, "no key", "a cephx key") for item in items[:1] if item.scalar("key") is None]


def comparable(*keys: Node) -> None:
    """Check that the keys can be compared.

    :raises NotGiven: one of the keys is encrypted
    """
    for key in keys:
        if key.sealed:
            raise NotGiven(f"{key.place} is encrypted")


def undecodable(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The external key is a cephx key: base64 of type 1 with a secret of 16 bytes, or of type 2 with 32."""
    found = []
    for item in _judged(files, stack):
        key = item.scalar("key")
        if key is None:
            raise FoundElsewhere(f"{item.place} has no key")
        comparable(key)
        try:
            decode(key.text)
        except ValueError as reason:
            expected = (
                "base64 of a cephx key: type 1, 16 secret bytes (the guide's python3 command makes one); or type 2, 32"
            )
            found.append(Finding(key.place, f"{key.shown}, which {reason}", expected))
    return found


def wrong_caps(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The key may use the pools vms, volumes and images by profile rbd, and has the mgr and mon caps that RBD needs.

    client.openstack, which other services use too, may have more.
    """
    found = []
    for item in _judged(files, stack):
        for daemon, expected in _CAPS.items() if shared_client(files, stack) != OPENSTACK else ():
            cap = item.get("caps", daemon)
            if cap is None or " ".join(cap.text.split()) != expected:
                place = cap.place if cap else item.place
                found.append(Finding(place, cap.shown if cap else f"no {daemon} cap", f"{daemon}: {expected!r}"))
        found += _pools(stack, item)
    return found


def _pools(stack: Stack, item: Node) -> list[Finding]:
    custom = {name: stack.parameter(name) for name in _POOLS}
    pools = [node.text.strip() if node else _POOLS[name] for name, node in custom.items()]
    cap = item.get("caps", "osd")
    grants = {" ".join(grant.split()) for grant in cap.text.split(",")} if cap else set()
    everything = {"profile rbd", "allow *"} & grants
    without = [pool for pool in pools if not _granting(pool) & grants]
    if everything or not without:
        return []
    expected = ", ".join(f"profile rbd pool={pool}" for pool in pools)
    seen = f"{cap.shown}, without {', '.join(without)}" if cap else "no osd cap"
    return [Finding(cap.place if cap else item.place, seen, f"osd: {expected!r}")]


def _granting(pool: str) -> set[str]:
    return {f"profile rbd pool={pool}", f"allow rwx pool={pool}", f"allow rwx pool {pool}"}


def wrong_mode(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The keyring's mode is 0600.

    Cephadm's ceph_client.yml sets no mode, and needs none.
    """
    expected = "'0600', or the key can be read by every user of the node"
    modes = [mode for item in _judged(files, stack) if (mode := item.scalar("mode"))]
    return [Finding(mode.place, mode.shown, expected) for mode in modes if mode.text.strip().lstrip("0") != "600"] + [
        Finding(item.place, "no mode", expected)
        for item in written(stack, shared_client(files, stack))[:1]
        if item.scalar("mode") is None
    ]


def shared(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """No other site has the same key.

    With a key of its own, the access of one site can be revoked separately.
    """
    (item,) = _judged(files, stack)
    key = item.scalar("key")
    for other in files.stacks[: files.stacks.index(stack)]:
        for theirs in declared(other, shared_client(files, other))[:1]:
            same = theirs.scalar("key")
            if has_storage(other) and key is not None and same is not None and same.text == key.text:
                return [Finding(key.place, key.shown, f"a key of {stack}'s own, not {other}'s", same.place)]
    return []


def stale(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The files that the deployment left contain the current key of CephExtraKeys."""
    client = shared_client(files, stack)
    wanted = [key for item in written(stack, client) if (key := item.scalar("key"))]
    if not wanted or not stack.deployed:
        raise NotGiven(f"{stack}: no CephExtraKeys and config-download output to compare")
    if undecodable(files, stack):
        raise FoundElsewhere(f"{wanted[0].place} is no cephx key")
    keys = [key for item in left(stack, client) if (key := item.scalar("key"))]
    comparable(*wanted, *keys)
    if not keys:
        sources = [*stack.group_vars, *stack.ceph_clients]
        if not sources:
            raise NotGiven(f"{stack}: no group_vars/all.yml and no ceph_client.yml")
        return [Finding(sources[0].place, f"no {client}", f"{client}, as it was deployed", wanted[0].place)]
    return [
        Finding(key.place, key.shown, f"{wanted[0].shown}; was the stack deployed with another key?", wanted[0].place)
        for key in keys[:1]
        if key.text not in {one.text for one in wanted}
    ]
