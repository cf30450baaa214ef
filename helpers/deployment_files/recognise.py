"""What a document is, by its content: parameters, a cluster's own settings, an inventory, roles, a cephadm spec."""

from __future__ import annotations

from helpers.deployment_files import shape
from helpers.deployment_files.findings import Finding
from helpers.deployment_files.loader import Loaded, Node
from helpers.deployment_files.stacks import COUNT, Stack

#: A folder with one of these is a stack; one with glance settings alone may be shared by several.
_NAMES_A_STACK = [
    "CephClusterName",
    "CephClusterFSID",
    "CephExtraKeys",
    "NovaComputeAvailabilityZone",
    "CinderStorageAvailabilityZone",
    "CinderVolumeCluster",
]


class Gathered:
    """What the files under one folder hold, while it is being collected."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parameters: dict[str, list[Node]] = {}
        self.left: dict[str, list[Node]] = {}
        self.unreadable: list[Finding] = []
        self.doubtful: list[Finding] = []

    def add(self, loaded: Loaded) -> None:
        self.unreadable += loaded.unreadable
        self.doubtful += loaded.doubtful
        for document in loaded.documents:
            self._recognise(document, alone=len(loaded.documents) == 1)

    def _recognise(self, document: Node, alone: bool) -> None:
        if document.kind in {"text", "bool"}:
            self.unreadable.append(Finding(document.place, "a single text", "a mapping, such as parameter_defaults"))
        elif document.kind == "list":
            roles = [item for item in document.items if item.get("ServicesDefault") is not None]
            self._keep("roles", roles, {"name": "scalar", "ServicesDefault": "scalars"})
            hosts = [item for item in document.items if _is_spec_host(item)]
            self._keep("spec_hosts", hosts, {"hostname": "scalar", "labels": "scalars"})
        elif "parameter_defaults" in document.entries:
            if not alone:
                self.unreadable.append(
                    Finding(
                        document.place, "several documents in one file", "one: Heat refuses an environment with more"
                    )
                )
            self._parameters(document.entries["parameter_defaults"])
        elif "tripleo_ceph_client_fsid" in document.entries:
            self._keep("ceph_clients", [document], shape.CEPH_CLIENT)
        elif "openstack_keys" in document.entries or {"fsid", "cluster"} <= document.entries.keys():
            self._keep("group_vars", [document], shape.GROUP_VARS)
        elif _is_spec_host(document):
            self._keep("spec_hosts", [document], {"hostname": "scalar", "labels": "scalars"})
        elif _is_inventory(document):
            self._keep("inventories", [document], shape.INVENTORY)

    def _keep(self, what: str, nodes: list[Node], expected: shape.Shape) -> None:
        for node in nodes:
            self.unreadable += shape.mistakes(node, expected)
            self.left.setdefault(what, []).append(node)

    def _parameters(self, defaults: Node) -> None:
        if defaults.kind not in {"mapping", "null"}:
            self.unreadable.append(Finding(defaults.place, defaults.shown, "a mapping of parameters"))
        for name, node in defaults.entries.items():
            if node.kind == "null" and name not in {"GlanceImageImportPlugin", "GlanceImageImportPlugins"}:
                continue  # as if it were not there
            expected = shape.PARAMETERS.get(name, "scalar" if COUNT.match(name) else None)
            if expected is not None:
                self.unreadable += shape.mistakes(node, expected)
            self.parameters.setdefault(name, []).append(node)

    @property
    def is_stack(self) -> bool:
        counts = any(COUNT.match(name) for name in self.parameters)
        return bool(self.left) or counts or any(name in self.parameters for name in _NAMES_A_STACK)

    def stack(self, shared: Gathered) -> Stack:
        parameters = {name: tuple(nodes) for name, nodes in {**shared.parameters, **self.parameters}.items()}
        if shared.parameters.get("CephExternalMultiConfig"):
            # both are handed to this stack's deployment, so both are its entries
            both = (*shared.parameters["CephExternalMultiConfig"], *self.parameters.get("CephExternalMultiConfig", ()))
            parameters["CephExternalMultiConfig"] = both
        left = {what: tuple(nodes) for what, nodes in self.left.items()}
        return Stack(
            self.name,
            parameters=parameters,
            group_vars=left.get("group_vars", ()),
            ceph_clients=left.get("ceph_clients", ()),
            inventories=left.get("inventories", ()),
            spec_hosts=left.get("spec_hosts", ()),
            roles=left.get("roles", ()),
        )


def _is_spec_host(node: Node) -> bool:
    service = node.scalar("service_type")
    return service is not None and service.text == "host"


def _is_inventory(document: Node) -> bool:
    groups = [group for group in document.entries.values() if group.kind == "mapping"]
    return any(group.get("hosts") is not None for group in groups) or any(
        name in document.entries for name in ("ceph_mon", "mons", "allovercloud")
    )
