"""A server's image travels: from its DCN site to central, on to another DCN site, and home again."""

import pytest

from fixtures.plugin.claims import claim
from fixtures.stages.images import ChangedImage
from fixtures.stages.round_trips import Digests, TakenImage, VolumeBackedImage
from fixtures.stages.servers import VolumeServer
from helpers.actions.servers import BootedServer, Console
from helpers.actions.volumes import MadeVolume
from helpers.environment import Environment, Site
from helpers.environment.places import Pair
from helpers.witnesses.images import ABSENT, Copy


@claim("D1")
def test_image_is_at_its_own_site_only(server_image: TakenImage, compute_dcn: Site):
    """The image of a server of this site is in this site's store and cluster, and in no other."""
    image = server_image.image

    assert image.stores == frozenset({compute_dcn.store})
    assert image.sites_by_cluster == frozenset({compute_dcn.name})


@claim("D1")
def test_location_is_at_its_own_site_only(server_image: TakenImage, compute_dcn: Site):
    """The one location of the image of a server of this site is in this site's cluster."""
    assert server_image.image.sites_by_location == frozenset({compute_dcn.name})


@claim("D1")
def test_image_is_whole(server_image: TakenImage, compute_dcn: Site):
    """The image has a size, no parent and a protected snapshot, and the server is ACTIVE again."""
    image = server_image.image

    assert (image.record.size or 0) > 0
    assert image.copies[compute_dcn.name] == Copy.whole(image.record.size)
    assert server_image.server.status == "ACTIVE"


@claim("D2")
def test_image_comes_to_central(home_image: ChangedImage, environment: Environment, compute_dcn: Site):
    """copy-image adds central's store; both clusters hold the same whole image, and no other does."""
    before, after, central = home_image.before, home_image.after, environment.central

    assert after.stores == before.stores | {central.store}
    assert after.sites_by_cluster == frozenset({compute_dcn.name, central.name})
    assert after.copies[central.name] == after.copies[compute_dcn.name] == Copy.whole(after.record.size)


@claim("D3")
def test_image_comes_to_the_target(travelled_image: ChangedImage, pair: Pair):
    """copy-image from central adds the target's store, and its cluster holds the whole image."""
    before, after = travelled_image.before, travelled_image.after

    assert before.stores, f"the record of image {after.id} named no store before"
    assert after.stores >= before.stores | {pair.target.store}
    assert after.copies[pair.target.name] == Copy.whole(after.record.size)


@claim("D3")
def test_bytes_travel_unchanged(travelled_digests: Digests, pair: Pair):
    """Origin, central and target store the same bytes."""
    expected = travelled_digests.by_site[pair.origin.name]

    assert set(travelled_digests.by_site.values()) == {expected}, travelled_digests.by_site


@claim("D4")
def test_travelled_image_boots_as_a_clone(travelled_server: BootedServer, travelled_image: ChangedImage, pair: Pair):
    """A server boots from it at the target; its disk is a clone there, and nowhere else."""
    disk = travelled_server.disk

    assert disk.sites == frozenset({pair.target.name})
    assert disk.copies[pair.target.name].parent == f"{pair.target.ceph.pools.images}/{travelled_image.after.id}@snap"


@claim("D4")
def test_travelled_image_boots_from_volume(
    travelled_volume: MadeVolume, travelled_volume_server: VolumeServer, travelled_image: ChangedImage, pair: Pair
):
    """A volume made from it at the target is a clone there, and a server boots from that volume."""
    disk = travelled_volume.disk

    assert disk.sites == frozenset({pair.target.name})
    assert disk.copies[pair.target.name].parent == f"{pair.target.ceph.pools.images}/{travelled_image.after.id}@snap"
    assert travelled_volume_server.server.volumes == (travelled_volume.volume.id,)


@claim("D5")
def test_second_generation_is_at_the_target_only(second_image: TakenImage, pair: Pair):
    """The image of the server at the target is in the target's store and cluster alone."""
    image = second_image.image

    assert image.stores == frozenset({pair.target.store})
    assert image.sites_by_cluster == frozenset({pair.target.name})


@claim("D5")
def test_second_generation_comes_home(second_home_image: ChangedImage, environment: Environment, pair: Pair):
    """It is copied to central, where the cluster holds the whole image."""
    after, central = second_home_image.after, environment.central

    assert after.stores == frozenset({pair.target.store, central.store})
    assert after.copies[central.name] == Copy.whole(after.record.size)


@claim("D6")
def test_data_has_travelled(
    travelled_console: Console, origin_server: BootedServer, environment: Environment, pair: Pair
):
    """What the guest has written at the origin is read by the guest at the target."""
    if environment.image.console is None or environment.image.console.marker is None:
        pytest.skip("the environment file does not say what marker the guest writes (image.console.marker)")

    words, end = environment.image.console.booted, travelled_console.tail
    assert travelled_console.booted, f"expected: a console with {words!r}\nseen:     one that ends with {end!r}"
    assert frozenset({origin_server.server.id}) <= travelled_console.markers


@claim("D1")
def test_volume_backed_image_is_a_snapshot(volume_backed_image: VolumeBackedImage, compute_dcn: Site):
    """The image of a volume-backed server has no bytes of its own: it points to a volume snapshot in this cluster."""
    assert volume_backed_image.record.size == 0
    assert volume_backed_image.snapshot is not None, volume_backed_image.mapping
    assert volume_backed_image.image.copies[compute_dcn.name] == ABSENT
    assert {compute_dcn.name} <= volume_backed_image.volume.disk.sites
    assert f"snapshot-{volume_backed_image.snapshot.id}" in [
        snapshot.name for snapshot in volume_backed_image.volume.disk.copies[compute_dcn.name].snapshots
    ]
