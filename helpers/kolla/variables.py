"""kolla-ansible's variables: globals.yml, globals.d/, the secrets' UUIDs of passwords.yml, and hosts' ceph_cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from helpers.declared.texts import unknown
from helpers.kolla.trees import Tree
from helpers.tripleo.findings import Place
from helpers.tripleo.loader import Node, load

_GLOBALS = re.compile(r"(^|.*/)(globals\.ya?ml|globals\.d/[^/]+\.ya?ml)")
_PASSWORDS = re.compile(r"(^|.*/)passwords\.ya?ml")
_HOST_VARS = re.compile(r"(^|.*/)(host_vars|group_vars)/([^/]+?)(\.ya?ml)?(/[^/]+)?")
_INVENTORY = re.compile(r"(^|.*/)(multinode|all-in-one|inventory|hosts)[^/]*|.*\.ini|(^|.*/)inventory/[^/.]+")
#: What an operator's globals.yml of kolla-ansible has, and no other file of that name.
_OURS = re.compile(
    rb"^\s*(kolla_\w+|openstack_release|(enable|glance|cinder|nova|ceph)_\w+|network_interface)\s*:", re.MULTILINE
)


class Variables:
    """The variables of a deployment. The last definition counts; a template's value is unknown."""

    def __init__(self, tree: Tree) -> None:
        self.files: list[str] = []
        self._values: dict[str, Node] = {}
        self._secrets: dict[str, Node] = {}
        self.clusters: dict[str, Node] = {}
        for name, found in sorted(tree.found.items(), key=lambda item: ("globals.d" in item[0], item[0])):
            if _GLOBALS.fullmatch(name) and _OURS.search(found.head()):
                self.files.append(name)
                self._values |= self._load(tree, name)
            elif _PASSWORDS.fullmatch(name):
                content = self._load(tree, name)
                self._secrets = {key: content[key] for key in content.keys() & {_OF_NOVA, _OF_CINDER}}
            elif _HOST_VARS.fullmatch(name):
                self._host(tree, name)
            elif _INVENTORY.fullmatch(name):
                self.clusters |= dict(_hosts(name, found.text() or ""))

    def _load(self, tree: Tree, name: str) -> dict[str, Node]:
        loaded = load(tree.found[name].path, name)
        if not loaded.sealed:
            tree.unreadable += [*loaded.unreadable, *loaded.doubtful]
        return {key: node for document in loaded.documents for key, node in document.entries.items()}

    def _host(self, tree: Tree, name: str) -> None:
        match = _HOST_VARS.fullmatch(name)
        loaded = load(tree.found[name].path, name)
        for document in loaded.documents if match is not None and match[2] == "host_vars" else ():
            node = document.scalar("ceph_cluster")
            if node is not None and match is not None and not unknown(node.text):
                self.clusters[match[3]] = node

    def text(self, name: str) -> Node | None:
        """A variable that is a text."""
        node = self._values.get(name)
        return node if node is not None and node.kind in {"text", "bool"} and not unknown(node.text) else None

    def value(self, name: str, default: str) -> str:
        node = self.text(name)
        return node.text.strip() if node is not None else default

    def true(self, name: str) -> bool:
        node = self.text(name)
        return node is not None and node.true

    def backends(self, name: str) -> list[Mapping[str, Node]] | None:
        """The enabled members of a list of backends, or None if it is not set."""
        node = self._values.get(name)
        if node is None or node.kind not in {"list", "mapping"}:
            return None
        items = node.items if node.kind == "list" else (node,)
        return [
            {key: self._resolved(value) for key, value in item.entries.items()}
            for item in items
            if (on := item.scalar("enabled")) is None or on.true or unknown(on.text)
        ]

    def _resolved(self, node: Node) -> Node:
        """A value that is another variable, such as `"{{ ceph_cluster }}"`, which has kolla-ansible's default."""
        match = re.fullmatch(r"\{\{\s*(\w+)\s*\}\}", node.text.strip())
        if match is None:
            return node
        default = _DEFAULTS.get(match[1])
        value = self.text(match[1])
        text = value.text if value is not None else default
        return Node(node.place, "text", text) if text is not None else node

    def secret(self, name: str) -> Node | None:
        """The UUID of a secret of libvirt."""
        node = self._secrets.get(name)
        return node if node is not None and node.kind == "text" else self.text(name)


#: kolla-ansible's `group_vars/all/ceph.yml`.
_DEFAULTS = {
    "ceph_cluster": "ceph",
    "ceph_glance_user": "glance",
    "ceph_glance_pool_name": "images",
    "ceph_cinder_user": "cinder",
    "ceph_cinder_pool_name": "volumes",
    "ceph_cinder_backup_user": "cinder-backup",
    "ceph_cinder_backup_pool_name": "backups",
}
_OF_NOVA, _OF_CINDER = "rbd_secret_uuid", "cinder_rbd_secret_uuid"


def _hosts(name: str, text: str) -> Iterator[tuple[str, Node]]:
    """The hosts of an inventory in INI, with their ceph_cluster."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"\s*([\w.\-\[\]:]+)\s+(?:.*\s)?ceph_cluster\s*=\s*[\"']?([^\s\"'#]+)", line)
        if match:
            yield match[1], Node(Place(name, number, f"{match[1]} ceph_cluster"), "text", match[2])
