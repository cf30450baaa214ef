"""Volumes made from an image, servers that boot from them, snapshots. Needs compute nodes and Cinder at the site."""

from fixtures.plugin.claims import claim
from fixtures.stages.images import GuestImage
from fixtures.stages.servers import NOT_CARRIED_OUT, ForeignVolume, SnapshotVolume, VolumeServer, names_the_zone
from helpers.actions.volumes import MadeVolume
from helpers.environment import Site
from helpers.witnesses.images import Snapshot


@claim("C3")
def test_volume_is_in_this_zone(image_volume: MadeVolume, compute_dcn: Site):
    """The volume is in this site's availability zone."""
    assert image_volume.volume.availability_zone == compute_dcn.availability_zone


@claim("C3")
def test_volume_is_a_clone_of_the_local_image(
    image_volume: MadeVolume, compute_dcn_image: GuestImage, compute_dcn: Site
):
    """The volume in this site's pool volumes has the local image as its parent, and takes next to nothing itself."""
    disk = image_volume.disk.copies.get(compute_dcn.name)

    assert disk is not None, f"no {image_volume.disk.name} in {compute_dcn}/{compute_dcn.ceph.pools.volumes}"
    assert disk.parent == f"{compute_dcn.ceph.pools.images}/{compute_dcn_image.after.id}@snap"
    assert disk.used < (compute_dcn_image.after.record.size or 0) * 3 / 4


@claim("C3")
def test_volume_is_nowhere_else(image_volume: MadeVolume, compute_dcn: Site):
    """No other cluster has the volume."""
    assert image_volume.disk.sites == frozenset({compute_dcn.name})


@claim("C4")
def test_server_boots_from_the_volume(volume_server: VolumeServer, image_volume: MadeVolume, compute_dcn: Site):
    """The server is ACTIVE in this zone, with the volume attached, and the volume in use by it."""
    server, volume = volume_server.server, volume_server.volume.volume

    assert (server.status, server.availability_zone) == ("ACTIVE", compute_dcn.availability_zone)
    assert server.volumes == (image_volume.volume.id,)
    assert (volume.status, volume.servers) == ("in-use", (server.id,))


@claim("C5")
def test_one_command_makes_the_volume_here(one_command_server: VolumeServer, compute_dcn: Site):
    """--boot-from-volume makes the volume in this zone, in this cluster and in no other."""
    volume = one_command_server.volume

    assert volume.volume.availability_zone == compute_dcn.availability_zone
    assert volume.disk.sites == frozenset({compute_dcn.name})


@claim("C5")
def test_one_command_makes_a_clone(one_command_server: VolumeServer, compute_dcn_image: GuestImage, compute_dcn: Site):
    """That volume is a clone of the local image."""
    assert {compute_dcn.name} <= one_command_server.volume.disk.sites

    disk = one_command_server.volume.disk.copies[compute_dcn.name]
    assert disk.parent == f"{compute_dcn.ceph.pools.images}/{compute_dcn_image.after.id}@snap"


@claim("C6")
def test_boot_from_another_zone_s_volume_is_refused(foreign_volume: ForeignVolume, compute_dcn: Site):
    """A server here cannot boot from a volume of central's zone, and nothing of it is left."""
    assert foreign_volume.boot is not None, "the server became ACTIVE with central's volume"
    assert names_the_zone(foreign_volume.boot), f"refused for another reason: {foreign_volume.boot}"
    assert foreign_volume.disk.sites == frozenset()


@claim("C6")
def test_attaching_another_zone_s_volume_is_refused(foreign_volume: ForeignVolume, compute_dcn: Site):
    """A running server here cannot attach a volume of central's zone, and the volume stays as it was."""
    assert foreign_volume.attach is not None, "Nova has accepted to attach central's volume"
    for_the_zone = foreign_volume.attach == NOT_CARRIED_OUT or names_the_zone(foreign_volume.attach)
    assert for_the_zone, f"refused for another reason: {foreign_volume.attach}"
    assert foreign_volume.after == foreign_volume.before


@claim("C7")
def test_snapshot_is_kept_protected(volume_snapshot: SnapshotVolume, compute_dcn_image: GuestImage, compute_dcn: Site):
    """The volume's snapshot is in this cluster, protected, and the volume still a clone."""
    assert {compute_dcn.name} <= volume_snapshot.volume.disk.sites

    disk = volume_snapshot.volume.disk.copies[compute_dcn.name]
    assert disk.snapshots == (Snapshot(f"snapshot-{volume_snapshot.snapshot.id}", disk.size, True),)
    assert disk.parent == f"{compute_dcn.ceph.pools.images}/{compute_dcn_image.after.id}@snap"


@claim("C7")
def test_server_runs_again_after_the_snapshot(volume_snapshot: SnapshotVolume, compute_dcn: Site):
    """The server is ACTIVE again, and its volume in use."""
    assert volume_snapshot.server.status == "ACTIVE"
    assert volume_snapshot.volume.volume.status == "in-use"
