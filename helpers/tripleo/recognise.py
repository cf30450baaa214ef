"""Recognizes files by content: parameters, what the deployment left of a cluster, an inventory, roles or nodes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from helpers.tripleo import shape
from helpers.tripleo.findings import Finding
from helpers.tripleo.loader import Loaded, Node, nested
from helpers.tripleo.stacks import COUNT
from helpers.tripleo.walk import Candidate

#: Parameters whose value is the name of a single stack, except for these defaults of the templates.
_NAMES = (
    "CinderRbdAvailabilityZone",
    "CinderStorageAvailabilityZone",
    "CinderVolumeCluster",
    "NovaComputeAvailabilityZone",
)
_TEMPLATE_DEFAULTS = frozenset({"", "ceph", "dcn", "nova"})
#: Files that the director writes for a whole deployment: passwords, which may be unused, and its last environment.
_DIRECTORS = re.compile(r"tripleo-.+-environment|.+-passwords|plan-environment")
#: Files that tripleo-heat-templates provides for every site, and an operator may copy. The site's own files override
#: them.
_STOCK = re.compile(r"dcn(-hci|-storage)?")
#: The export of a stack, which other stacks are deployed with.
_EXPORTS = re.compile(r".+-export")
#: Groups and variables that only a TripleO inventory has.
_GROUPS = frozenset({"ceph_mon", "mons", "allovercloud"})
_HOST_VARIABLE = re.compile(r"\w+_ip")


@dataclass(frozen=True, eq=False)
class Contents:
    """The relevant contents of one file.

    `parameters` are those of a Heat environment. `left` holds the other contents by kind: `group_vars`, `ceph_clients`,
    `inventories`, `spec_hosts`, `roles`, `baremetal`, `networks`. `sealed`: it is encrypted; `broken`: it cannot be
    read.
    """

    candidate: Candidate
    parameters: Mapping[str, tuple[Node, ...]]
    left: Mapping[str, tuple[Node, ...]]
    unreadable: tuple[Finding, ...] = ()
    doubtful: tuple[Finding, ...] = ()
    sealed: bool = False
    broken: bool = False

    @property
    def file(self) -> str:
        return self.candidate.file

    @property
    def folders(self) -> tuple[str, ...]:
        return tuple(self.file.split("/")[:-1])

    @property
    def stem(self) -> str:
        return self.file.rpartition("/")[2].rpartition(".")[0]

    @property
    def matters(self) -> bool:
        return bool(self.parameters or self.left or self.unreadable or self.sealed)

    @property
    def uncertain(self) -> bool:
        """Whether the file may have no effect: a backup copy, a file of the director's, or one of the templates."""
        stock = _STOCK.fullmatch(self.stem) is not None and not self.names
        return self.candidate.aside or _DIRECTORS.fullmatch(self.stem) is not None or stock

    @property
    def exported(self) -> bool:
        """Whether the file is the export of a stack, which other stacks are given."""
        return _EXPORTS.fullmatch(self.stem) is not None

    @cached_property
    def clusters(self) -> frozenset[str]:
        """The names of the stack's cluster in this file."""
        clients = self.left.get("ceph_clients", ())
        named = [node.scalar("cluster") for node in self.left.get("group_vars", ())]
        named += [node.scalar("tripleo_ceph_client_cluster") for node in clients]
        named += self.parameters.get("CephClusterName", ())
        return frozenset(node.text.strip() for node in named if node is not None) - _TEMPLATE_DEFAULTS

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the stack's zones and cluster in this file."""
        found = {node.text.strip() for name in _NAMES for node in self.parameters.get(name, ())}
        return self.clusters | frozenset(found - _TEMPLATE_DEFAULTS)

    @cached_property
    def others(self) -> frozenset[str]:
        """The names of other stacks' clusters in this file."""
        stores = [store for node in self.parameters.get("GlanceMultistoreConfig", ()) for store in node.entries.items()]
        entries = [entry for node in self.parameters.get("CephExternalMultiConfig", ()) for entry in node.items]
        named = [store.scalar("CephClusterName") for _, store in stores] + [
            entry.scalar("cluster") for entry in entries
        ]
        found = {name for name, _ in stores} | {node.text.strip() for node in named if node is not None}
        return frozenset(found) - _TEMPLATE_DEFAULTS

    @cached_property
    def identifies(self) -> bool:
        """Whether the file can only belong to one stack."""
        if self.uncertain or self.exported:
            return False
        keys = "CephExtraKeys" in self.parameters or any(COUNT.match(name) for name in self.parameters)
        left = any(
            what in self.left for what in ("group_vars", "ceph_clients", "inventories", "spec_hosts", "baremetal")
        )
        return bool(self.names) or keys or left


def contents(candidate: Candidate, loaded: Loaded) -> Contents:
    """Return the contents of a file that was read."""
    found = _Gathering(loaded)
    for document in loaded.documents:
        found.add(document, alone=len(loaded.documents) == 1, known=candidate.known)
    return Contents(
        candidate,
        {name: tuple(nodes) for name, nodes in found.parameters.items()},
        {what: tuple(nodes) for what, nodes in found.left.items()},
        tuple(found.unreadable),
        loaded.doubtful,
        loaded.sealed,
        bool(loaded.unreadable),
    )


class _Gathering:
    def __init__(self, loaded: Loaded) -> None:
        self.parameters: dict[str, list[Node]] = {}
        self.left: dict[str, list[Node]] = {}
        self.unreadable = list(loaded.unreadable)

    def add(self, document: Node, alone: bool, known: bool) -> None:
        if document.kind in {"text", "bool"}:
            if known:
                expected = "a mapping, such as parameter_defaults"
                self.unreadable.append(Finding(document.place, "a single text", expected))
        elif document.kind == "list":
            self._list(document.items)
        elif "parameter_defaults" in document.entries:
            if not alone:
                seen = "several documents in one file"
                self.unreadable.append(Finding(document.place, seen, "one: Heat refuses an environment with more"))
            for section in ("parameter_defaults", "parameters"):
                if section in document.entries:
                    self._parameters(document.entries[section])
        elif "parameters" in document.entries and "heat_template_version" not in document.entries:
            self._parameters(document.entries["parameters"])
        elif "service_type" in document.entries:
            self._keep("spec_hosts", filter(_is_spec_host, [document]), shape.SPEC_HOST)
        elif "tripleo_ceph_client_fsid" in document.entries:
            self._keep("ceph_clients", [document], shape.CEPH_CLIENT)
        elif "openstack_keys" in document.entries or {"fsid", "cluster"} <= document.entries.keys():
            self._keep("group_vars", [document], shape.GROUP_VARS)
        elif document.get("service_net_map") is not None:
            self._keep("networks", [document], {"service_net_map": {"*": "scalar"}})
        elif _is_inventory(document):
            self._keep("inventories", [document], shape.INVENTORY)

    def _list(self, items: Iterable[Node]) -> None:
        """Roles, nodes, networks or the hosts of a spec. The keys of each item tell which."""
        for item in items:
            if item.get("ServicesDefault") is not None:
                self._keep("roles", [item], shape.ROLE)
            elif _is_spec_host(item):
                self._keep("spec_hosts", [item], shape.SPEC_HOST)
            elif item.get("service_net_map_replace") is not None:
                self._keep("networks", [item], shape.NETWORK)
            elif _is_nodes(item):
                self._keep("baremetal", [item], shape.BAREMETAL)

    def _keep(self, what: str, nodes: Iterable[Node], expected: shape.Shape) -> None:
        for node in nodes:
            self.unreadable += shape.mistakes(node, expected)
            self.left.setdefault(what, []).append(node)

    def _parameters(self, defaults: Node) -> None:
        if defaults.kind not in {"mapping", "null"}:
            self.unreadable.append(Finding(defaults.place, defaults.shown, "a mapping of parameters"))
        for name, written in defaults.entries.items():
            node = nested(written) if isinstance(shape.PARAMETERS.get(name), list | dict) else written
            if node.kind == "null" and name not in {"GlanceImageImportPlugin", "GlanceImageImportPlugins"}:
                continue  # Heat ignores it
            if name in shape.PARAMETERS:
                self.unreadable += shape.mistakes(node, shape.PARAMETERS[name])
            self.parameters.setdefault(name, []).append(node)


def _is_spec_host(node: Node) -> bool:
    service = node.scalar("service_type")
    return service is not None and service.text == "host"


def _is_nodes(item: Node) -> bool:
    """Whether it is an item in the input of `openstack overcloud node provision`: a role and its number of nodes."""
    name = item.scalar("name")
    given = any(item.get(key) is not None for key in ("count", "instances", "hostname_format", "defaults"))
    return given and name is not None and re.fullmatch(r"[A-Z]\w*", name.text) is not None


def _is_inventory(document: Node) -> bool:
    """Whether it is a TripleO inventory, by its groups, the variables of a role, or the addresses of its hosts."""
    groups = [group for group in document.entries.values() if group.kind == "mapping"]
    if _GROUPS & document.entries.keys():
        return any(group.get(key) is not None for group in groups for key in ("hosts", "children"))
    hosts = [host for group in groups if (named := group.get("hosts")) for host in named.entries.values()]
    return any(group.get("vars", "tripleo_role_name") is not None for group in groups) or any(
        _HOST_VARIABLE.fullmatch(name) for host in hosts for name in host.entries
    )
