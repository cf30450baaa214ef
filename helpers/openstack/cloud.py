"""The cloud: one login, and the image service of each site at its own endpoint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from helpers.environment import Environment, Site
from helpers.openstack.answers import curl
from helpers.openstack.cinder import Cinder
from helpers.openstack.clients import image, network
from helpers.openstack.glance import Glance
from helpers.openstack.login import Endpoint, catalog, log_in, region_of
from helpers.openstack.neutron import Neutron
from helpers.openstack.nova import Nova
from helpers.openstack.session import Session
from helpers.openstack.via import Through, Way


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
        self._ways: dict[str, Way] = {}
        self.connection = log_in(environment.cloud, environment.clouds_file, environment.timeouts.api)
        self.nova = Nova(self.connection, environment.cloud)
        self.cinder = Cinder(self.connection, environment.cloud)
        self.neutron = Neutron(self.connection, environment.cloud)

    def go_through(self, site: Site, way: Way) -> None:
        """Have this site's Glance asked by way of a node."""
        self._ways[site.name] = way

    def glance(self, site: Site) -> Glance:
        """The image service of a site, at the site's own endpoint. This sends no request."""
        if site.glance is None:
            raise ValueError(f"site {site.name} has no Glance")
        if site.name not in self._glances:
            internal = self.glance_at(site.glance_internal, site) if site.glance_internal else None
            self._glances[site.name] = self._made(site, internal=internal)
        return self._glances[site.name]

    def glance_at(self, url: str, site: Site) -> Glance:
        """A site's image service at another address, such as an internal one or that of a HAProxy."""
        return self._made(replace(site, glance=url, glance_internal=None), in_catalog=False)

    def _made(self, site: Site, *, internal: Glance | None = None, in_catalog: bool = True) -> Glance:
        way, session = self._ways.get(site.name), cast(Session, self.connection.session)
        if way:
            session.mount(f"{site.glance}/", Through(way))
        proxy = image(self.connection, str(site.glance))
        return Glance(proxy, site, self.environment.cloud, internal=internal, in_catalog=in_catalog, way=way)

    def curl(self, url: str) -> str:
        """The command line that makes a request by hand, by way of the node that reaches it."""
        for site in self.environment.glance_sites if self._ways else ():
            for glance in filter(None, (self.glance(site), self.glance(site).internal)):
                if site.name in self._ways and url.startswith(f"{glance.site.glance}/"):
                    return glance.command(url.removeprefix(str(glance.site.glance)))
        return curl(self.environment.cloud, url)

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
