"""A server from an image that only central has. Needs nova.conf of the site's compute nodes: it says what is right."""

from fixtures.plugin.claims import claim
from fixtures.stages.absent_images import AbsentImageServer
from helpers.environment import Site
from helpers.witnesses.images import ABSENT


@claim("C2")
def test_image_of_central_boots_as_configured(absent_image_server: AbsentImageServer, compute_dcn: Site):
    """A server from an image that only central has is streamed, copied or refused, as nova.conf says here."""
    assert absent_image_server.before.copies[compute_dcn.name] == ABSENT
    assert absent_image_server.seen == absent_image_server.expected
