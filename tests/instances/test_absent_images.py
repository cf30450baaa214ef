"""A server from an image that only central has. Needs nova.conf of the site's compute nodes: it says what is right."""

from fixtures.plugin.claims import claim
from fixtures.stages.absent_images import AbsentImageServer, Outcome
from helpers.environment import Environment, Site
from helpers.witnesses.images import ABSENT

REFUSAL = "No image locations are accessible"


@claim("C2")
def test_image_of_central_boots_as_configured(
    absent_image_server: AbsentImageServer, environment: Environment, compute_dcn: Site
):
    """A server from an image that only central has is streamed, copied or refused, as nova.conf says here."""
    attempt, image, central = absent_image_server.server, absent_image_server.after, environment.central
    refused, copied = (absent_image_server.outcome is one for one in (Outcome.REFUSED, Outcome.COPIED))
    disk = attempt.disk.copies.get(compute_dcn.name)
    parent = f"{compute_dcn.ceph.pools.images}/{image.id}@snap"
    what = f"server whose image is to be {absent_image_server.outcome}"
    seen = {
        what: REFUSAL if REFUSAL in attempt.ended else attempt.ended,
        "sites with its disk": attempt.disk.sites,
        "parent of the disk": disk.parent if disk else None,
        "stores of the image": image.stores,
        "sites with the image": image.sites_by_cluster,
    }

    assert absent_image_server.before.copies[compute_dcn.name] == ABSENT
    assert seen == {
        what: REFUSAL if refused else "ACTIVE",
        "sites with its disk": set() if refused else {compute_dcn.name},
        "parent of the disk": parent if copied else None,
        "stores of the image": {central.store, *([compute_dcn.store] if copied else [])},
        "sites with the image": {central.name, *([compute_dcn.name] if copied else [])},
    }
