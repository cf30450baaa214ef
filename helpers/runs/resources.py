"""The kinds of resources that runs create: how each is found by ledger entry or name, and how it is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from helpers.environment import Site
from helpers.openstack.answers import curl
from helpers.openstack.cinder import Cinder
from helpers.openstack.cloud import Cloud
from helpers.openstack.command_line import command_line
from helpers.openstack.glance import Glance
from helpers.openstack.neutron import Neutron
from helpers.openstack.nova import Nova
from helpers.runs.deployment import Deployment
from helpers.runs.ledger import Entry

Named = list[tuple[str, str]]


class Kind(Protocol):
    """One kind of resource. `has_data`: it may have data in a cluster, which outlives its record."""

    has_data: ClassVar[bool] = True

    def exists(self, id: str) -> bool:
        """Whether the API knows it."""

    def named(self, prefix: str) -> Named:
        """Id and name of each resource whose name has this prefix."""

    def delete(self, id: str) -> None:
        """Request its deletion."""

    def command(self, id: str) -> str:
        """The command line that deletes it."""

    def find(self, entry: Entry) -> tuple[str, ...]:
        """The ids of an entry's resources that the API knows, even if the ledger has only their name."""
        if entry.id:
            return (entry.id,) if self.exists(entry.id) else ()
        return tuple(id for id, name in self.named(entry.name) if name == entry.name)


@dataclass(frozen=True)
class Images(Kind):
    """Images, through the Glance service of the central site."""

    cloud: Cloud
    central: Site

    @property
    def glance(self) -> Glance:
        return self.cloud.glance(self.central)

    def exists(self, id: str) -> bool:
        return self.glance.image(id) is not None

    def named(self, prefix: str) -> Named:
        return self.glance.owned(prefix)

    def delete(self, id: str) -> None:
        self.glance.delete(id)

    def command(self, id: str) -> str:
        if "." in id:  # a name
            return command_line(self.cloud.environment.cloud, "image", "delete", id)
        return curl(self.cloud.environment.cloud, f"{self.central.glance}/v2/images/{id}", "DELETE")


@dataclass(frozen=True)
class Servers(Kind):
    """Nova's servers. A list of them is one project's: the one of the run, and the tenant's."""

    nova: Nova
    of_tenant: Nova | None = None

    def exists(self, id: str) -> bool:
        return self.nova.server(id) is not None

    def named(self, prefix: str) -> Named:
        return [one for nova in (self.nova, self.of_tenant) if nova for one in nova.named(prefix)]

    def delete(self, id: str) -> None:
        self.nova.delete(id)

    def command(self, id: str) -> str:
        return self.nova.command("server", "delete", id)


@dataclass(frozen=True)
class Volumes(Kind):
    """Cinder's volumes, listed as servers are."""

    cinder: Cinder
    of_tenant: Cinder | None = None

    def exists(self, id: str) -> bool:
        return self.cinder.volume(id) is not None

    def named(self, prefix: str) -> Named:
        every = [one for cinder in (self.cinder, self.of_tenant) if cinder for one in cinder.volumes()]
        return [(volume.id, volume.name) for volume in every if volume.name.startswith(prefix)]

    def delete(self, id: str) -> None:
        self.cinder.delete(id)

    def command(self, id: str) -> str:
        return self.cinder.command("volume", "delete", id)


@dataclass(frozen=True)
class VolumeSnapshots(Kind):
    """Cinder's snapshots."""

    cinder: Cinder

    def exists(self, id: str) -> bool:
        return self.cinder.snapshot(id) is not None

    def named(self, prefix: str) -> Named:
        return [(one.id, one.name) for one in self.cinder.snapshots() if one.name.startswith(prefix)]

    def delete(self, id: str) -> None:
        self.cinder.delete_snapshot(id)

    def command(self, id: str) -> str:
        return self.cinder.command("volume", "snapshot", "delete", id)


@dataclass(frozen=True)
class OwnNetworks(Kind):
    """Neutron's networks, with their subnets. A network is in use until its last server is gone."""

    neutron: Neutron
    has_data: ClassVar[bool] = False

    def exists(self, id: str) -> bool:
        return self.neutron.exists(id)

    def named(self, prefix: str) -> Named:
        return self.neutron.named(prefix)

    def delete(self, id: str) -> None:
        self.neutron.delete(id)

    def command(self, id: str) -> str:
        return self.neutron.command("network", "delete", id)


@dataclass(frozen=True)
class OwnFlavors(Kind):
    """Nova's flavors."""

    nova: Nova
    has_data: ClassVar[bool] = False

    def exists(self, id: str) -> bool:
        return self.nova.has_flavor(id)

    def named(self, prefix: str) -> Named:
        return self.nova.flavors_named(prefix)

    def delete(self, id: str) -> None:
        self.nova.delete_flavor(id)

    def command(self, id: str) -> str:
        return self.nova.command("flavor", "delete", id)


def kinds(deployment: Deployment) -> Mapping[str, Kind]:
    """Every kind of resource in the order of removal: clones before their parents, servers before what they use."""
    cloud, tenant = deployment.cloud, deployment.tenant
    return {
        "server": Servers(cloud.nova, tenant.nova if tenant else None),
        "snapshot": VolumeSnapshots(cloud.cinder),
        "volume": Volumes(cloud.cinder, tenant.cinder if tenant else None),
        "image": Images(cloud, deployment.environment.central),
        "network": OwnNetworks(cloud.neutron),
        "flavor": OwnFlavors(cloud.nova),
    }
