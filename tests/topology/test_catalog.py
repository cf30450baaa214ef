"""The endpoints that users see."""

from urllib.parse import urlsplit

import pytest

from fixtures.claims import claim
from helpers.cloud import Endpoint
from helpers.environment import Environment, Site


@claim("A4")
@pytest.mark.parametrize("service", ["image", "identity"])
def test_one_public_endpoint(catalog: tuple[Endpoint, ...], service: str):
    """Every region has exactly one public endpoint of the service."""
    public = [endpoint for endpoint in catalog if (endpoint.service, endpoint.interface) == (service, "public")]

    assert public != []
    assert len(public) == len({endpoint.region for endpoint in public}), public


@claim("A4")
def test_public_image_endpoint_is_central(catalog: tuple[Endpoint, ...], central: Site):
    """The public image endpoint is central's Glance."""
    public = {urlsplit(e.url).netloc for e in catalog if (e.service, e.interface) == ("image", "public")}

    assert public == {urlsplit(central.glance).netloc}


@claim("A4")
def test_no_endpoint_is_at_this_site(catalog: tuple[Endpoint, ...], environment: Environment, dcn: Site):
    """No public image or identity endpoint leads to a node of this DCN site."""
    hosts = {urlsplit(str(dcn.glance)).hostname, *(node.address for node in dcn.nodes)}
    public = {urlsplit(e.url).hostname for e in catalog if e.interface == "public"}

    assert public & hosts == set()
