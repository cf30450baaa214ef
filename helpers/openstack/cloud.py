"""The cloud: one login, and the image service of each site at its own endpoint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from helpers.environment import Environment, Site
from helpers.openstack.cinder import Cinder
from helpers.openstack.clients import image, network
from helpers.openstack.glance import Glance
from helpers.openstack.login import Endpoint, catalog, log_in, region_of
from helpers.openstack.neutron import Neutron
from helpers.openstack.nova import Nova


@dataclass(frozen=True)
class CloudUser:
    """A user with the roles that it has in a project."""

    name: str
    project: str
    roles: tuple[str, ...]


class Cloud:
    """A connection that is logged in. The Glance services of all sites are reached with the same token.

    :param environment: names the entry of clouds.yaml
    :raises BadCloud: unknown entry, unreadable file, refused credentials, no answer from Keystone
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._glances: dict[str, Glance] = {}
        self.connection = log_in(environment.cloud, environment.clouds_file, environment.timeouts.api)
        self.nova = Nova(self.connection, environment.cloud)
        self.cinder = Cinder(self.connection, environment.cloud)
        self.neutron = Neutron(self.connection, environment.cloud)

    def glance(self, site: Site) -> Glance:
        """The image service of a site, at the site's own endpoint. This sends no request."""
        if site.glance is None:
            raise ValueError(f"site {site.name} has no Glance")
        if site.name not in self._glances:
            self._glances[site.name] = Glance(image(self.connection, site.glance), site, self.environment.cloud)
        return self._glances[site.name]

    def glance_at(self, url: str, site: Site) -> Glance:
        """A site's image service at another address, such as that of a HAProxy."""
        return Glance(image(self.connection, url), replace(site, glance=url), self.environment.cloud)

    def network_id(self, name: str) -> str:
        """The id of a network.

        :raises openstack.exceptions.NotFoundException: there is no network of that name
        """
        return str(network(self.connection).find_network(name, ignore_missing=False).id)

    def networks(self) -> frozenset[str]:
        """The names and ids of all networks."""
        return frozenset(name for one in network(self.connection).networks() for name in (one.name, one.id))

    @property
    def auth_url(self) -> str:
        """Keystone's address, which identifies the cloud."""
        auth: Any = self.connection.session.auth
        return str(auth.auth_url)

    @property
    def user(self) -> CloudUser:
        """The user and the roles of the token."""
        session: Any = self.connection.session
        access = session.auth.get_access(session)
        return CloudUser(str(access.username), str(access.project_name), tuple(sorted(access.role_names)))

    @property
    def region(self) -> str:
        """The region that is verified; empty if the catalog has no regions."""
        return region_of(self.connection)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints of this region in the token's catalog."""
        return catalog(self.connection)
