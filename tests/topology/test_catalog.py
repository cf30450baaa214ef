"""The endpoints that users see."""

from urllib.parse import urlsplit

import pytest

from fixtures.plugin.claims import claim
from fixtures.stages.topology import Catalog
from helpers.environment import Site


@claim("A4")
@pytest.mark.parametrize("service", ["image", "identity"])
def test_one_public_endpoint(catalog: Catalog, service: str):
    """The region has exactly one public endpoint of the service."""
    public = catalog.public(service)
    urls = "\n".join(endpoint.url for endpoint in public)

    assert public, f"no public {service} endpoint in the catalog"
    assert len(public) == 1, f"several public {service} endpoints:\n{urls}"


@claim("A4")
def test_public_image_endpoint_is_central(catalog: Catalog, central: Site):
    """The public image endpoint is central's Glance."""
    public = {urlsplit(endpoint.url).netloc for endpoint in catalog.public("image")}

    assert public == {urlsplit(central.glance).netloc}


@claim("A4")
def test_no_endpoint_is_at_this_site(catalog: Catalog, dcn: Site):
    """No public image or identity endpoint leads to a node of this DCN site."""
    own = {urlsplit(dcn.glance).hostname} if dcn.has_glance else set()
    hosts = own | {node.address for node in dcn.nodes}
    here = {e.url for e in catalog.public("image", "identity") if urlsplit(e.url).hostname in hosts}

    assert here == set()
