"""Keys: they decode, every copy is the cluster's, no two clusters share one, and every client has its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helpers.declared.confs import clients
from helpers.declared.model import Client, Conf, Holder, KeyringFile
from helpers.declared.sites import Declaration, Site
from helpers.tripleo.findings import Finding, FoundElsewhere, NotGiven, Place
from helpers.tripleo.keys import decode
from helpers.tripleo.loader import Node


def _keys(site: Site) -> Iterator[tuple[str, Node]]:
    found = [(entity, node) for entity, nodes in site.cluster.keys.items() for node in nodes]
    if not found:
        raise NotGiven(f"{site}: no keyring of its cluster is among the files")
    return iter(found)


def _decodes(node: Node) -> bool:
    try:
        decode(node.text)
    except ValueError:
        return False
    return True


def undecodable(declaration: Declaration, site: Site) -> list[Finding]:
    """Every key is a cephx key: base64 of type 1 with a secret of 16 bytes, or of type 2 with 32."""
    found = []
    for _, node in _keys(site):
        try:
            decode(node.text)
        except ValueError as reason:
            found.append(Finding(node.place, f"{node.shown}, which {reason}", "a cephx key, as `ceph auth get` prints"))
    return found


def disagreeing(declaration: Declaration, site: Site) -> list[Finding]:
    """Every copy of a key of this site's cluster is the same."""
    found = []
    for entity, node in _keys(site):
        own = declaration.keys[entity][site.cluster]
        if node.text == own or not _decodes(node):
            continue
        right = next(one for one in site.cluster.keys[entity] if one.text == own)
        whose = [str(other) for other in declaration.sites if declaration.keys[entity].get(other.cluster) == node.text]
        expected = f"{right.shown}, {site}'s key of {entity}" + "".join(f" ({name} has the other)" for name in whose)
        found.append(Finding(node.place, node.shown, expected, right.place))
    return found


def shared(declaration: Declaration, site: Site) -> list[Finding]:
    """No other cluster has the same key.

    With a key of its own, the access to one site can be revoked separately.
    """
    own = {declaration.keys[entity][site.cluster]: node for entity, node in _keys(site) if _decodes(node)}
    own = {text: node for text, node in own.items() if node.text == text}
    if not own:
        raise FoundElsewhere(f"{site}'s keys do not decode")
    for other in declaration.sites[: declaration.sites.index(site)]:
        theirs = {node.text: node for nodes in other.cluster.keys.values() for node in nodes}
        for text, node in own.items():
            if text in theirs and text in {keys.get(other.cluster) for keys in declaration.keys.values()}:
                return [Finding(node.place, node.shown, f"a key of {site}'s own, not {other}'s", theirs[text].place)]
    return []


def missing(declaration: Declaration, site: Site) -> list[Finding]:
    """Each service has a keyring with the key of its own user, where its conf or Ceph's defaults look for it."""
    looked = False
    found: dict[str, Finding] = {}
    for client in clients(declaration, site):
        conf = client.holder.confs.get(client.file) if client.holder is not None else None
        if client.holder is None or conf is None or not any(one.keyrings for one in declaration.declared.holders):
            continue
        if client.conf is None and client.user is None:
            continue  # a section that is missing is a finding of another check
        looked = True
        if (finding := _missing(client, client.holder, conf)) is not None:
            found.setdefault(str(finding.place), finding)
    if not looked:
        raise NotGiven(f"{site}: no keyring of its cluster is among the files")
    return list(found.values())


def wrong_caps(declaration: Declaration, site: Site) -> list[Finding]:
    """The user of each service may use the service's pool, as far as a keyring has the user's capabilities."""
    looked = False
    found: dict[Place, Finding] = {}
    for client in clients(declaration, site):
        for keyring in client.holder.keyrings.values() if client.holder is not None else ():
            section = keyring.text.ceph.sections.get(client.entity, {})
            caps, pool = section.get("caps_osd"), client.pool
            if caps is None or pool is None or not keyring.name.startswith(f"{client.file.removesuffix('.conf')}."):
                continue
            looked = True
            if not _grants(caps, pool.text.strip()):
                place = keyring.text.at(client.entity, "caps osd")
                found[place] = Finding(place, f"{caps!r}", f"profile rbd pool={pool.text.strip()} in it", pool.place)
    if not looked:
        raise NotGiven(f"{site}: no keyring of its cluster has capabilities")
    return list(found.values())


def _grants(caps: str, pool: str) -> bool:
    parts = [part.strip() for part in caps.split(",")]
    named = re.compile(rf"(profile rbd|allow [rwx*]+)\s.*pool[ =]\"?{re.escape(pool)}\"?(\s|$)")
    return any(part in ("profile rbd", "allow *", "allow rwx") or "tag " in part or named.match(part) for part in parts)


def _missing(client: Client, holder: Holder, conf: Conf) -> Finding | None:
    if conf.text.ceph.get("key", client.entity):
        return None
    paths = conf.text.ceph.keyrings(conf.stem, client.entity)
    names = [path.rpartition("/")[2] for path in paths]
    keyring = next((holder.keyrings[name] for name in names if name in holder.keyrings), None)
    user = client.user
    if keyring is None:
        kept = [one for one in holder.keyrings.values() if _is_of(one, conf)]
        entities = ", ".join(entity for one in kept for entity in one.keys) or "no user"
        place = user.place if user is not None else client.where
        seen = f"{client.entity}, and keys of {entities} for {conf.name} in {holder.name}"
        return Finding(place, seen, f"a keyring {names[0]} there, or a user that has one", holder.place)
    if client.entity not in keyring.text.keyring.entries:
        there = ", ".join(keyring.text.keyring.entries) or "nobody"
        other = user.place if user is not None else client.where
        return Finding(keyring.text.place, f"the key of {there}", f"the key of {client.entity}", other)
    return None


def _is_of(keyring: KeyringFile, conf: Conf) -> bool:
    return keyring.name.startswith(f"{conf.stem}.")
