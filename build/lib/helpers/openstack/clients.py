"""openstacksdk's clients of the services. To make one asks nobody: only who asks a silent service waits for it.

The SDK's own `connection.compute` asks a service for its versions before anybody has asked it for anything; here the
catalog's endpoint is taken as it is where it names its version.
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

    :raises keystoneauth1.exceptions.EndpointNotFound: the catalog has none
    """
    return _made(connection, "network", Network)


def image(connection: Connection, url: str) -> Any:
    """The image service at an endpoint of its own, in no catalog, with the connection's token."""
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
    client._connection = connection  # as the SDK does; some of its calls go by it to another service
    return client
