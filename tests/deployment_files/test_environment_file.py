"""E6: the environment file agrees with the one that discovery writes from these files and the cloud's answers.

Requires: --deployment-files DIR and an environment file. Reads from the cloud and on the nodes.
"""

import pytest

from fixtures.plugin.claims import claim
from fixtures.plugin.discovery import told
from fixtures.stages.discovered import DiscoveredSites
from helpers.discovery.agreement import addresses, counterpart, identity, left_out
from helpers.discovery.found import FoundSite
from helpers.environment import Environment, Site
from helpers.listed import Listed


@claim("E6")
def test_site_is_discovered(discovered: DiscoveredSites, described_site: Site) -> None:
    """This site of the environment file is a site of the deployment."""
    there = ", ".join(site.name for site in discovered.sites)

    assert counterpart(described_site, discovered.sites) is not None, (
        f"{described_site}\nexpected: one of the deployment's sites: {there}\nseen:     a site that is none of them"
    )


@claim("E6")
def test_no_site_is_left_out(discovered: DiscoveredSites, described_sites: tuple[Site, ...]) -> None:
    """Every site of the deployment is in the environment file."""
    missing = {site.name for site in left_out(described_sites, discovered.sites)}

    assert {site.name for site in discovered.sites} - missing == {site.name for site in discovered.sites}


@claim("E6")
def test_central_is_the_discovered_one(
    found_site: FoundSite, discovered: DiscoveredSites, described_site: Site
) -> None:
    """The environment file declares the deployment's central site as central, and no other."""
    assert described_site.central == found_site.central


@claim("E6")
def test_zone_is_the_discovered_one(
    found_site: FoundSite, discovered: DiscoveredSites, described_site: Site, environment: Environment
) -> None:
    """The environment file has the right availability zone for this site."""
    if environment.flavor is None:
        pytest.skip("the environment file declares no flavor: nothing is booted, and no zone is asked for")

    found = told(found_site, "availability_zone")

    assert described_site.availability_zone == found.availability_zone


@claim("E6")
def test_stores_are_the_discovered_ones(
    found_site: FoundSite, discovered: DiscoveredSites, described_site: Site
) -> None:
    """The environment file has the right cluster for this site, and the stores that its FSID identifies."""
    found = told(found_site, "ceph", "store", "local_store", "central_store")

    assert identity(described_site) == identity(found)


@claim("E6")
def test_nodes_are_the_discovered_ones(
    found_site: FoundSite, discovered: DiscoveredSites, described_site: Site
) -> None:
    """The environment file has exactly the machines of this site."""
    found = told(found_site, "nodes")
    here = Listed(tuple(addresses(found).items()), f"{found.name}: no machine of the site is discovered")

    assert addresses(described_site) == dict(here)
