"""Servers that boot from an image. Needs a flavor in the environment file, and compute nodes at the site."""

import pytest

from fixtures.plugin.claims import claim
from fixtures.stages.servers import DomainDisks, Traffic
from helpers.actions.servers import BootedServer, Console
from helpers.environment import Environment, Site


@claim("C1")
def test_server_is_in_this_zone(ephemeral_server: BootedServer, compute_site: Site):
    """The server runs in this site's availability zone."""
    assert ephemeral_server.server.availability_zone == compute_site.availability_zone


@claim("C1")
def test_disk_is_a_clone_of_the_local_image(ephemeral_server: BootedServer, compute_site: Site):
    """The server's disk in this site's pool vms has the local image's protected snapshot as its parent."""
    pools, disk = compute_site.ceph.pools, ephemeral_server.disk.copies.get(compute_site.name)

    assert disk is not None, f"no {ephemeral_server.disk.name} in {compute_site}/{pools.vms}"
    assert disk.parent == f"{pools.images}/{ephemeral_server.image}@snap"


@claim("C1")
def test_clone_is_thin(ephemeral_server: BootedServer, compute_site: Site):
    """The disk itself takes well below the image's size: what the guest has written, not a copy."""
    assert {compute_site.name} <= ephemeral_server.disk.sites

    disk = ephemeral_server.disk.copies[compute_site.name]
    assert disk.used < disk.size * 3 / 4, f"{disk.used} of {disk.size} bytes"


@claim("C1")
def test_disk_is_nowhere_else(ephemeral_server: BootedServer, compute_site: Site):
    """No other cluster has the server's disk."""
    assert ephemeral_server.disk.sites == frozenset({compute_site.name})


@claim("C1")
def test_libvirt_reads_the_disk_from_this_site(
    domain_disks: DomainDisks, ephemeral_server: BootedServer, compute_site: Site
):
    """The domain's disk is the server's in this site's pool vms, and the hosts in its XML are this site's monitors."""
    disk = domain_disks.root

    assert disk is not None, f"the domain on {domain_disks.domain.node} has no disk"
    assert (disk.protocol, disk.name) == ("rbd", f"{compute_site.ceph.pools.vms}/{ephemeral_server.disk.name}")
    assert disk.hosts == frozenset(domain_disks.mons)


@claim("C8")
def test_local_boot_reads_nothing_from_central(boot_traffic: Traffic, first_compute_dcn: Site):
    """While a server boots from a local copy, central's images pool is not read by as much as the image."""
    assert boot_traffic.read < boot_traffic.image / 2, f"{boot_traffic.read} of {boot_traffic.image} bytes were read"


@claim("C9")
def test_guest_is_up(console: Console, environment: Environment, compute_site: Site):
    """The guest has read its disk: its console says that it is up."""
    if environment.image.console is None:
        pytest.skip("the environment file does not say what the guest writes to its console (image.console)")

    words = environment.image.console.booted
    assert console.booted, f"expected: a console with {words!r}\nseen:     one that ends with {console.tail!r}"
