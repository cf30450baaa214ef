"""What nova-compute is told about images that its cluster does not hold. Needs SSH to compute nodes and Glance's."""

import pytest

from fixtures.plugin.claims import claim
from fixtures.stages.compute import NovaConfigs
from fixtures.stages.glance_stores import GlanceStores
from fixtures.stages.topology import ClusterFacts
from helpers.environment import Site


@claim("A20")
def test_images_are_copied_to_the_local_cluster(
    nova_config: NovaConfigs, glance_stores: GlanceStores, compute_cluster: ClusterFacts, compute_site: Site
):
    """images_rbd_glance_store_name is a store of this site's Glance, and lies in this site's cluster."""
    stores = {config.copies_to for config in nova_config.nodes if config.copies_to}
    if not stores:
        pytest.skip("nova.conf has no images_rbd_glance_store_name: Nova has no image copied")
    seen = {f"{store} on {node}": fsid for store in stores for node, fsid in glance_stores.fsids_of(store).items()}

    assert seen == dict.fromkeys(seen, compute_cluster.fsid)


@claim("A20")
def test_compute_nodes_agree_about_images(nova_config: NovaConfigs, compute_site: Site):
    """images_rbd_glance_store_name and never_download_image_if_on_rbd are the same on every compute node here."""
    options = {
        "images_rbd_glance_store_name": {config.node: config.copies_to or "not set" for config in nova_config.nodes},
        "never_download_image_if_on_rbd": {config.node: config.never_downloads for config in nova_config.nodes},
    }
    seen = {option: of_nodes for option, of_nodes in options.items() if len(set(of_nodes.values())) > 1}

    assert seen == {}, f"{compute_site}\nexpected: the same on all compute nodes\nseen:     {told(seen)}"


def told(options: dict[str, dict[str, object]]) -> str:
    """The values of each option, and the nodes that have them."""
    return "; ".join(
        f"{option} " + ", ".join(f"{value} on {node}" for node, value in of_nodes.items())
        for option, of_nodes in options.items()
    )
