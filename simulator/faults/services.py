"""Faults of Nova's and Cinder's configuration and services."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.faults.catalogue import changed, fault
from simulator.world.sites import Cinder, Site
from simulator.world.world import World

_BOOTS = tuple(f"C{number}" for number in range(1, 10))
_TRIPS = tuple(f"D{number}" for number in range(1, 7))
_LATER = (*_BOOTS, *_TRIPS, "F5")


def _cinder(site: Site) -> Cinder:
    if site.cinder is None:
        raise LookupError(f"site {site.name} has no volume service")
    return site.cinder


@fault("A12", "C5", may=_LATER, where="first", source="FAILURES 18, 28")
def cross_az_attach_true(world: World, site: Site) -> Iterator[None]:
    """cross_az_attach is true on the site's compute nodes, so boot from volume makes the volume at central."""
    with changed(site.nova, "cross_az_attach", True):
        yield


@fault("A12", "C5", may=_LATER, where="first", source="FAILURES 18")
def cross_az_attach_absent(world: World, site: Site) -> Iterator[None]:
    """cross_az_attach is not set on the site's compute nodes, and its default is true."""
    with changed(site.nova, "cross_az_attach", None):
        yield


@fault("A13", where="first", may=_LATER, source="FAILURES 22")
def nova_uses_central_glance(world: World, site: Site) -> Iterator[None]:
    """The site's compute nodes ask central's Glance."""
    with changed(site.nova, "glance_url", world.central.images.url):
        yield


@fault("A13", where="first", may=_LATER, source="FAILURES 22")
def nova_uses_another_sites_glance(world: World, site: Site) -> Iterator[None]:
    """The site's compute nodes ask another DCN site's Glance."""
    other = next(each for each in world.dcn_sites if each is not site and each.glance)
    with changed(site.nova, "glance_url", other.images.url):
        yield


@fault("A13", where="first", may=_LATER, source="FAILURES 22")
def nova_glance_url_has_a_wrong_port(world: World, site: Site) -> Iterator[None]:
    """Nothing answers at the Glance endpoint that the site's compute nodes are given."""
    with changed(site.nova, "glance_url", site.images.url.rsplit(":", 1)[0] + ":9"):
        yield


@fault("A14", may=_LATER)
def compute_down(world: World, site: Site) -> Iterator[None]:
    """The site's compute services are down."""
    with changed(site.nova, "down", {node.name for node in site.nodes}):
        yield


@fault("A14", may=_LATER)
def compute_in_another_zone(world: World, site: Site) -> Iterator[None]:
    """The site's compute services are in central's availability zone."""
    with changed(site.nova, "zone", world.central.zone):
        yield


@fault("A14", "C3", may=_LATER)
def volume_service_down(world: World, site: Site) -> Iterator[None]:
    """The site's volume service is down; a volume there goes to error."""
    with changed(_cinder(site), "down", True):
        yield


@fault("A14", may=("A15", *_LATER))
def volume_service_in_another_zone(world: World, site: Site) -> Iterator[None]:
    """The site's volume service is in central's availability zone."""
    with changed(_cinder(site), "zone", world.central.zone):
        yield


@fault("A15")
def volume_service_not_clustered(world: World, site: Site) -> Iterator[None]:
    """The site's volume service is active/passive."""
    with changed(_cinder(site), "cluster", None):
        yield


@fault("A15")
def volume_cluster_of_another_site(world: World, site: Site) -> Iterator[None]:
    """The site's volume service is in a cluster named after another site."""
    other = next(each for each in world.dcn_sites if each is not site)
    with changed(_cinder(site), "cluster", other.name):
        yield


@fault("A15", where="central")
def central_volume_service_clustered(world: World, site: Site) -> Iterator[None]:
    """Central's volume service is active/active."""
    with changed(_cinder(site), "cluster", site.name):
        yield


@fault("A17", "C1", may=_LATER)
def nova_images_type_is_qcow2(world: World, site: Site) -> Iterator[None]:
    """The site's compute nodes keep disks in files, not in Ceph."""
    with changed(site.nova, "images_type", "qcow2"):
        yield


@fault("A17", may=_LATER)
def nova_uses_another_pool(world: World, site: Site) -> Iterator[None]:
    """The site's compute nodes put disks into the pool of volumes."""
    with changed(site.nova, "images_pool", "volumes"):
        yield


@fault("A17", may=_LATER)
def nova_uses_central_ceph(world: World, site: Site) -> Iterator[None]:
    """The site's nova.conf names central's Ceph conf file."""
    with changed(site.nova, "ceph_conf", f"/etc/ceph/{world.central.ceph.name}.conf"):
        yield


@fault("A17", may=_LATER)
def cinder_uses_central_ceph(world: World, site: Site) -> Iterator[None]:
    """The site's cinder.conf names central's Ceph conf file."""
    with changed(_cinder(site), "ceph_conf", f"/etc/ceph/{world.central.ceph.name}.conf"):
        yield


@fault("A17", may=_LATER)
def cinder_uses_another_pool(world: World, site: Site) -> Iterator[None]:
    """The site's volume service puts volumes into the pool of servers."""
    with changed(_cinder(site), "pool", "vms"):
        yield


@fault("A17", may=_LATER)
def secrets_differ(world: World, site: Site) -> Iterator[None]:
    """Nova and Cinder of the site have different RBD secrets."""
    with changed(_cinder(site), "secret", world.central.nova.secret):
        yield
