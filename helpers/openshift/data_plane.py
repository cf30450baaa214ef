"""The compute nodes: node sets, the services that configure Nova on them, and those services' files."""

from __future__ import annotations

from collections.abc import Iterator

from helpers.declared import options
from helpers.declared.model import Compute, Holder
from helpers.declared.texts import Layered, Text, unknown
from helpers.openshift.resources import Resource, Resources
from helpers.openshift.secrets import decoded, gathered, mounted, mounts, text_of
from helpers.tripleo.findings import Finding
from helpers.tripleo.loader import Node


class DataPlane:
    """Reads the computes. `holders` gains those that only values of kustomize have."""

    def __init__(self, resources: Resources, holders: dict[str, Holder]) -> None:
        self._resources, self._holders = resources, holders

    def computes(self) -> Iterator[Compute]:
        sets = self._resources.of("OpenStackDataPlaneNodeSet")
        services = {one.name: one for one in self._resources.of("OpenStackDataPlaneService") if _is_nova(one)}
        found: list[Compute] = []
        for nodes in sets:
            found += self._of_set(nodes, services)
        if not sets:
            found += [self._compute(name, (), (one,), None) for name, one in services.items()]
        if not found:
            found += [one for values in self._resources.values if (one := self._of_values(values)) is not None]
        if not found:
            found += self._of_maps()
        yield from found

    def _of_set(self, nodes: Resource, services: dict[str, Resource]) -> Iterator[Compute]:
        listed = nodes.node.get("spec", "services")
        names = listed.elements() if listed is not None else ["nova"]
        here = tuple(services[name] for name in names if name in services)
        if not here and not any("nova" in name for name in names):
            return
        extra = nodes.node.get("spec", "nodeTemplate", "extraMounts")
        holder = mounted(mounts([extra] if extra is not None else []), self._holders)
        yield self._compute(nodes.name, (nodes.name,), here, holder, nodes)

    def _compute(
        self,
        name: str,
        called: tuple[str, ...],
        services: tuple[Resource, ...],
        holder: Holder | None,
        nodes: Resource | None = None,
    ) -> Compute:
        sources = [source for service in services for source in self._sources(service)]
        texts = sorted((pair for source in sources for pair in self._texts(source)), key=lambda pair: pair[0])
        place = (nodes or services[0]).node.place
        maps = [source.name for source in sources if source.kind == "ConfigMap"]
        told = (*called, *(service.name for service in services), *maps)
        return options.compute(name, told[:2], place, Layered(tuple(text for _, text in texts)), holder)

    def _sources(self, service: Resource) -> Iterator[Resource]:
        """The ConfigMaps and Secrets of a service. Published values have null references, with the name beside them."""
        spec = service.node.get("spec")
        for item in spec.mappings("dataSources") if spec is not None else ():
            for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                name = item.get(key, "name") or (item.scalar("name") if key in item.entries else None)
                source = self._resources.named(kind, name.text) if name is not None else None
                if source is not None:
                    yield source

    def _texts(self, source: Resource) -> Iterator[tuple[str, Text]]:
        for name, text in decoded(source):
            if not name.endswith(".conf"):
                continue
            found = [text] if isinstance(text, Finding) else text.broken("oslo")
            self._resources.unreadable += [one for one in found if one not in self._resources.unreadable]
            if not found and not isinstance(text, Finding):
                yield name, text

    def _of_values(self, values: Resource) -> Compute | None:
        """A node set that is yet to be made from values."""
        data = values.node.get("data")
        conf = data.get("nova", "ceph", "conf") if data is not None else None
        if data is None or conf is None:
            return None
        if unknown(conf.text):
            return None
        text = text_of(conf, values.lines)
        broken = text.broken("oslo")
        self._resources.unreadable += broken
        nodes, name = data.scalar("nodeset_name"), data.get("nova", "name")
        called = tuple(node.text for node in (nodes, name) if node is not None)
        holder = self._ceph(values, data)
        texts = () if broken or not text.oslo.sections else (text,)
        return options.compute(called[0] if called else values.name, called, conf.place, Layered(texts), holder)

    def _ceph(self, values: Resource, data: Node) -> Holder | None:
        """Ceph's files in values, which become a Secret's."""
        files = data.get("ceph_conf")
        if files is None:
            return None
        secret = Resource(
            "Secret", values.node.place.file, "", Node(files.place, "mapping", entries={"data": files}), ()
        )
        holder = gathered(secret.name, secret.node, decoded(secret), self._resources.unreadable)
        if not holder.confs:
            return None
        self._holders[secret.name] = holder
        return holder

    def _of_maps(self) -> Iterator[Compute]:
        """ConfigMaps with Nova's options, of which no service is here."""
        for one in self._resources.of("ConfigMap"):
            texts = tuple(text for _, text in self._texts(one) if "libvirt" in text.oslo.sections)
            if texts:
                yield options.compute(one.name, (one.name,), one.node.place, Layered(texts), None)


def _is_nova(service: Resource) -> bool:
    kind = service.node.get("spec", "edpmServiceType")
    return (kind.text if kind is not None else service.name).startswith("nova")
