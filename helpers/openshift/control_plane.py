"""The control plane: Glance APIs, volume services and Nova's own options.

Of a Glance template, `customServiceConfig` is inherited only by an API that has none of its own. Cinder's and Manila's
templates are read before their services' own. Source: the operators' controllers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from helpers.declared import options
from helpers.declared.model import Backend, GlanceService, Holder
from helpers.declared.texts import Layered, Text, unknown
from helpers.openshift.resources import Resources, size
from helpers.openshift.secrets import Mount, decoded, mounted, text_of
from helpers.tripleo.findings import Finding
from helpers.tripleo.loader import Node

_CONFIG, _SECRETS = "customServiceConfig", "customServiceConfigSecrets"
_ADDRESS = re.compile(r"metallb\.(?:universe\.tf|io)/loadBalancerIPs")


@dataclass(frozen=True)
class Templates:
    """The parts of a control plane, of a custom resource or of the values that kustomize makes one from."""

    lines: tuple[str, ...]
    glance: Node | None = None
    cinder: Node | None = None
    volumes: Node | None = None
    backups: Node | None = None
    shares: Node | None = None
    manila: Node | None = None
    nova: Node | None = None
    extra: tuple[Node, ...] = ()


def templates(resources: Resources) -> Templates | None:
    """The control plane among the resources, otherwise the values that it is to be made from."""
    for plane in resources.of("OpenStackControlPlane"):
        spec = plane.node.get("spec")
        if spec is not None:
            cinder, manila = spec.get("cinder", "template"), spec.get("manila", "template")
            glance = spec.get("glance", "template")
            extra = [spec.get("extraMounts"), *(one.get("extraMounts") for one in (glance, cinder, manila) if one)]
            return Templates(
                plane.lines,
                glance,
                cinder,
                cinder.get("cinderVolumes") if cinder else None,
                cinder.get("cinderBackups") if cinder else None,
                manila.get("manilaShares") if manila else None,
                manila,
                spec.get("nova", "template"),
                tuple(node for node in extra if node is not None),
            )
    glances, cinders = resources.of("Glance"), resources.of("Cinder")
    if glances:
        glance = glances[0].node.get("spec")
        cinder = cinders[0].node.get("spec") if cinders else None
        extra = [one.get("extraMounts") for one in (glance, cinder) if one]
        return Templates(
            glances[0].lines,
            glance,
            cinder,
            cinder.get("cinderVolumes") if cinder else None,
            cinder.get("cinderBackups") if cinder else None,
            extra=tuple(node for node in extra if node is not None),
        )
    # of the values for several steps of a deployment, those that say most
    for values in sorted(resources.values, key=lambda one: -size(one.node)):
        data = values.node.get("data")
        if data is not None and data.get("glance", "glanceAPIs") is not None:
            extra = [data.get("extraMounts")]
            return Templates(
                values.lines,
                data.get("glance"),
                data.get("cinder"),
                data.get("cinderVolumes"),
                data.get("cinderBackups"),
                data.get("manila", "manilaShares"),
                data.get("manila"),
                data.get("nova"),
                tuple(node for node in extra if node is not None),
            )
    return None


class ControlPlane:
    """Reads the parts of a control plane. `unreadable` gains what their readers would refuse."""

    def __init__(self, parts: Templates, resources: Resources, found: list[Mount], holders: dict[str, Holder]) -> None:
        self._parts, self._resources, self._mounts, self._holders = parts, resources, found, holders

    def glances(self) -> Iterator[GlanceService]:
        template = self._parts.glance
        apis = template.get("glanceAPIs") if template is not None else None
        if template is None or apis is None:
            return
        endpoint = template.scalar("keystoneEndpoint")
        central = _central(apis, endpoint)
        for name, api in apis.entries.items():
            if api.kind != "mapping" or _is_off(api):
                continue
            config = self._config(api) or self._config(template)
            elsewhere = self._elsewhere(api) or ("" if self._config(api) else self._elsewhere(template))
            holder = mounted(self._mounts, self._holders, name, "GlanceAPI", "Glance")
            found = options.glance(name, api.place, name in central, Layered(config), holder, tuple(_addresses(api)))
            is_central = name in central
            yield replace(
                found,
                elsewhere=elsewhere,
                endpoint=endpoint if is_central else None,
                type=api.scalar("type") if is_central else None,
            )

    def backends(self) -> Iterator[Backend]:
        yield from self._services(self._parts.cinder, self._parts.volumes, ("CinderVolume", "Cinder"), options.volumes)
        kinds = ("CinderBackups", "CinderBackup", "Cinder")
        yield from self._services(self._parts.cinder, self._parts.backups, kinds, options.backup)
        yield from self._services(self._parts.manila, self._parts.shares, ("ManilaShare", "Manila"), options.shares)

    def _services(
        self,
        template: Node | None,
        services: Node | None,
        kinds: tuple[str, ...],
        read: Callable[[Layered, tuple[str, ...], Holder | None], Iterator[Backend]],
    ) -> Iterator[Backend]:
        for name, service in services.entries.items() if services is not None else ():
            if service.kind == "mapping" and not _is_off(service):
                config = Layered((*self._config(template), *self._config(service)))
                if config.texts:
                    yield from read(config, (name,), mounted(self._mounts, self._holders, name, *kinds))

    def attaching(self) -> Iterator[Node]:
        """cross_az_attach of Nova's API and conductors."""
        nova = self._parts.nova
        for part in (nova, nova.get("apiServiceTemplate") if nova is not None else None):
            node = Layered(self._config(part)).option("cinder", "cross_az_attach")
            if node is not None:
                yield node

    def _config(self, part: Node | None) -> tuple[Text, ...]:
        """The texts that configure a service: its own option, then those in the Secrets that it names."""
        node = part.scalar(_CONFIG) if part is not None else None
        texts = (
            [text_of(node, self._parts.lines)] if node is not None and node.text.strip() and not _is_open(node) else []
        )
        listed = part.get(_SECRETS) if part is not None else None
        for name in listed.elements() if listed is not None else ():
            secret = self._resources.named("Secret", name)
            members = decoded(secret) if secret is not None else ()
            texts += [text for _, text in members if not isinstance(text, Finding)]
        return tuple(text for text in texts if not self._broken(text))

    def _elsewhere(self, part: Node) -> str:
        """A Secret that configures a service, and is not among the files."""
        listed = part.get(_SECRETS)
        names = listed.elements() if listed is not None else []
        return next((name for name in names if self._resources.named("Secret", name) is None), "")

    def _broken(self, text: Text) -> bool:
        found = [one for one in text.broken("oslo") if one not in self._resources.unreadable]
        self._resources.unreadable += found
        return bool(text.broken("oslo"))


def _is_open(config: Node) -> bool:
    """Whether the whole configuration is yet to be given."""
    return "\n" not in config.text.strip() and unknown(config.text)


def _central(apis: Node, endpoint: Node | None) -> list[str]:
    """The API that users are given, as keystoneEndpoint says; if that is of type edge, the only one that is not."""
    others = [name for name, api in apis.entries.items() if _type(api) != "edge"]
    if endpoint is not None and (endpoint.text in others or (len(others) != 1 and endpoint.text in apis.entries)):
        return [endpoint.text]
    return others or list(apis.entries)[:1]


def _type(api: Node) -> str:
    kind = api.scalar("type")
    return kind.text if kind is not None else "split"


def _is_off(service: Node) -> bool:
    replicas = service.scalar("replicas")
    return replicas is not None and replicas.text.strip() == "0"


def _addresses(api: Node) -> Iterator[str]:
    """The addresses at which a load balancer gives the API to others."""
    services = api.get("override", "service")
    for service in services.entries.values() if services is not None else ():
        notes = service.get("metadata", "annotations")
        for name, node in notes.entries.items() if notes is not None else ():
            if _ADDRESS.fullmatch(name):
                yield from node.elements()
