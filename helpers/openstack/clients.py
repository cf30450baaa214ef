"""openstacksdk's clients of the services. Creating one sends no request, so that a silent service delays nobody else.

The SDK's own `connection.compute` first asks the service for its versions. Here, the catalog's endpoint is used as it
is if it contains a version.
"""

from __future__ import annotations

import re
from typing import Any

from openstack.block_storage.v3._proxy import Proxy as BlockStorage
from openstack.compute.v2._proxy import Proxy as Compute
from openstack.connection import Connection
from openstack.image.v2._proxy import Proxy as Image
from openstack.network.v2._proxy import Proxy as Network
from openstack.proxy import Proxy

_NAMES_ITS_VERSION = re.compile(r"/v\d+(\.\d+)?(/|$)")


def compute(connection: Connection) -> Any:
    """Nova, at the catalog's endpoint."""
    return _at_its_endpoint(connection, "compute", Compute)


def block_storage(connection: Connection) -> Any:
    """Cinder, at the catalog's endpoint."""
    return _at_its_endpoint(connection, "block-storage", BlockStorage)


def network(connection: Connection) -> Any:
    """Neutron, at the catalog's endpoint.

    :raises keystoneauth1.exceptions.EndpointNotFound: the catalog has no network service
    """
    return _made(connection, "network", Network)


def image(connection: Connection, url: str) -> Any:
    """The image service at an endpoint that is not in the catalog, with the connection's token."""
    client = _made(connection, "image", Image)
    client.endpoint_override = f"{url.rstrip('/')}/v2"
    return client


def _at_its_endpoint(connection: Connection, service: str, kind: type[Proxy]) -> Any:
    client = _made(connection, service, kind)
    url = client.endpoint_override or connection.config.get_endpoint_from_catalog(service) or ""
    if _NAMES_ITS_VERSION.search(url):
        client.endpoint_override = url
    return client


def _made(connection: Connection, service: str, kind: type[Proxy]) -> Any:
    client: Any = connection.config.get_session_client(service, constructor=kind)
    client._connection = connection  # as the SDK does; some of its calls use it to reach another service
    return client
