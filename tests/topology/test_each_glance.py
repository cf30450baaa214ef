"""Every Glance of a site, rather than one of several behind the endpoint. Needs SSH to the nodes of the role glance."""

from fixtures.plugin.claims import claim
from fixtures.plugin.outcomes import tell_unseen
from fixtures.stages.compute import ANSWERS
from fixtures.stages.each_glance import Certificates, EachGlance, offers
from fixtures.stages.topology import GlanceFacts
from helpers.environment import Environment, Site


@claim("A21")
def test_every_glance_offers_the_same(each_glance: EachGlance, glance_service: GlanceFacts, glance_site: Site):
    """Every Glance of this site has the stores, the default store and the import methods of the endpoint."""
    stores = [store.id for store in glance_service.stores]
    known = [one for one in each_glance.glances if one.stores and one.import_methods]
    seen = {what: value for one in known for what, value in one.offers.items()}
    expected = [offers(one.name, stores, glance_service.default, glance_service.import_methods) for one in known]

    assert seen == {what: value for one in expected for what, value in one.items()}
    unknown = [one.name for one in each_glance.glances if one not in known]
    tell_unseen(f"{name}: its configuration names no store (enabled_backends), or no import method" for name in unknown)
    tell_unseen(line for one in each_glance.glances for line in one.doubts)


@claim("A21")
def test_every_glance_answers(each_glance: EachGlance, glance_service: GlanceFacts, glance_site: Site):
    """Every Glance of this site answers at its own address on its node."""
    asked = [one for one in each_glance.glances if one.status is not None]
    seen = {f"{one.name} {one.url}": one.status for one in asked}

    assert seen == {url: status if status in ANSWERS else "200 or 300" for url, status in seen.items()}
    silent = [one for one in each_glance.glances if one.url is None]
    tell_unseen(f"{one.name}: neither bind_host nor worker_self_reference_url says where it listens" for one in silent)


@claim("A21")
def test_no_certificate_is_about_to_expire(
    glance_certificates: Certificates, environment: Environment, glance_site: Site
):
    """The certificate of every Glance of this site remains valid for longer than limits.certificate_days."""
    days = environment.limits.certificate_days
    seen = {url: str(one) for url, one in glance_certificates.by_url.items()}

    assert seen == {
        url: seen[url] if one.days > days else f"more than {days} days"
        for url, one in glance_certificates.by_url.items()
    }
