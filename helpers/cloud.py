"""The OpenStack cloud: one login, and the image service of each site at its own endpoint."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import keystoneauth1.exceptions
import keystoneauth1.session
import openstack
import openstack.connection
import openstack.exceptions
import requests
import yaml
from requests.adapters import HTTPAdapter

from helpers.api_clients import image, network
from helpers.cinder import Cinder
from helpers.environment import Environment, Site
from helpers.glance import Glance
from helpers.nova import Nova
from helpers.redact import register


class BadCloud(Exception):
    """The cloud's entry or credentials cannot be used; the message is one line that says which and what to do."""


@dataclass(frozen=True)
class Endpoint:
    """One row of the catalog."""

    service: str
    interface: str
    region: str
    url: str


@dataclass(frozen=True)
class CloudUser:
    """A user with the roles that it has in a project."""

    name: str
    project: str
    roles: tuple[str, ...]


class Cloud:
    """A logged-in connection; all sites' Glances are reached with the same token.

    :param environment: names the entry of clouds.yaml
    :raises BadCloud: unknown entry, unreadable file, refused credentials, no answer from Keystone
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._glances: dict[str, Glance] = {}
        self.connection = log_in(environment.cloud, environment.clouds_file, environment.timeouts.api)
        self.nova = Nova(self.connection, environment.cloud)
        self.cinder = Cinder(self.connection, environment.cloud)

    def glance(self, site: Site) -> Glance:
        """The image service of a site, at the site's own endpoint, which is not asked for anything yet."""
        if site.glance is None:
            raise ValueError(f"site {site.name} has no Glance")
        if site.name not in self._glances:
            self._glances[site.name] = Glance(image(self.connection, site.glance), site, self.environment.cloud)
        return self._glances[site.name]

    def glance_at(self, url: str, site: Site) -> Glance:
        """What answers at another address in the place of a site's image service, such as a HAProxy."""
        return Glance(image(self.connection, url), replace(site, glance=url), self.environment.cloud)

    def network_id(self, name: str) -> str:
        """The id of a network.

        :raises openstack.exceptions.NotFoundException: there is none of that name
        """
        return str(network(self.connection).find_network(name, ignore_missing=False).id)

    def networks(self) -> frozenset[str]:
        """The names and the ids of all networks, by either of which one is found."""
        return frozenset(name for one in network(self.connection).networks() for name in (one.name, one.id))

    @property
    def auth_url(self) -> str:
        """Keystone's address, which tells one cloud from another."""
        auth: Any = self.connection.session.auth
        return str(auth.auth_url)

    @property
    def user(self) -> CloudUser:
        """Whom the token was given to, and what it allows."""
        session: Any = self.connection.session
        access = session.auth.get_access(session)
        return CloudUser(str(access.username), str(access.project_name), tuple(sorted(access.role_names)))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every endpoint of the catalog that the token came with."""
        return catalog(self.connection)


def catalog(connection: openstack.connection.Connection) -> tuple[Endpoint, ...]:
    """Every endpoint of the catalog that the connection's token came with."""
    session: Any = connection.session
    access = session.auth.get_access(session)
    return tuple(
        Endpoint(service["type"], endpoint["interface"], endpoint.get("region", ""), endpoint["url"])
        for service in access.service_catalog.catalog
        for endpoint in service["endpoints"]
    )


def log_in(cloud: str, clouds_file: Path | None, api_timeout: float) -> openstack.connection.Connection:
    """A connection that Keystone has given a token.

    :param cloud: the entry of clouds.yaml
    :param clouds_file: None: where openstacksdk looks
    :param api_timeout: seconds that a request may take
    :raises BadCloud: unknown entry, unreadable file, refused credentials, no answer from Keystone
    """
    where = str(clouds_file or "clouds.yaml")
    files = [str(clouds_file)] if clouds_file else None
    try:
        loader = openstack.config.OpenStackConfig(
            config_files=files,
            session_constructor=cast("Any", partial(keystoneauth1.session.Session, session=_session())),
        )
        region = loader.get_one(cloud=cloud, api_timeout=api_timeout)
        _register_secrets(region.config)
        connection = openstack.connection.Connection(config=region)
        connection.authorize()
    except yaml.YAMLError as error:
        raise BadCloud(f"{where}: not YAML: {' '.join(str(error).split())}") from error
    except openstack.exceptions.ConfigException as error:
        raise BadCloud(f"{where}: cloud {cloud!r}: {error} Name an entry of it.") from error
    except (keystoneauth1.exceptions.Unauthorized, openstack.exceptions.HttpException) as error:
        raise BadCloud(
            f"{where}: cloud {cloud!r}: Keystone refuses its credentials ({error}); "
            "check user, password and project there"
        ) from error
    except (openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException) as error:
        said = " ".join(str(error).split())
        hint = "; check user, password and project there" if "HTTP 401" in said else ""
        raise BadCloud(f"{where}: cloud {cloud!r}: no login at Keystone: {said}{hint}") from error
    return connection


class _Session(requests.Session):
    """A session for many threads, which reads proxies and certificates from os.environ once for each server.

    requests does so before every request; it takes its time, and pytest changes os.environ meanwhile, for every test.
    """

    def __init__(self) -> None:
        super().__init__()
        self._settings: dict[object, Any] = {}

    def merge_environment_settings(self, url: Any, *args: Any, **kwargs: Any) -> Any:
        server = (urlsplit(url)[:2], repr((args, kwargs)))
        for _ in range(100):
            with contextlib.suppress(KeyError):  # a variable that went while all were gone through
                if server not in self._settings:
                    self._settings[server] = super().merge_environment_settings(url, *args, **kwargs)
                return dict(self._settings[server])
        return super().merge_environment_settings(url, *args, **kwargs)


def _nothing_more(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _session() -> requests.Session:
    session = _Session()
    # the token is the only authentication: without this, requests looks for a netrc file before every request
    session.auth = _nothing_more
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=64))
    return session


def _register_secrets(config: Mapping[str, Any]) -> None:
    auth = config.get("auth") or {}
    for name in ("password", "token", "application_credential_secret", "passcode"):
        if auth.get(name):
            register(str(auth[name]))
