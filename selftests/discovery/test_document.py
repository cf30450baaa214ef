"""How the file shows what was found and what was not."""

import re
from pathlib import Path

import pytest
import yaml

from helpers.discovery.document import Choices, text, to_fill_in
from helpers.discovery.found import Discovery, FoundCeph, FoundNode, FoundSite
from helpers.environment import Ssh, load_environment

CHOICES = Choices("a: cloud", None, Ssh(), image_uri="http://198.51.100.1/guest.qcow2", network="{site}-network")
NODE = FoundNode("control-plane-0", "198.51.100.10", ("glance", "ceph-mon"))
CENTRAL = FoundSite(
    name="central",
    central=True,
    availability_zone="nova: main",
    glance="http://198.51.100.10:9292",
    store="default_backend",
    ceph=FoundCeph("central", "5bb3a1f0-9a4e-4c9c-8b1c-0d6a7f6f4d21", 3, "podman", "ceph-mon-{hostname}"),
    nodes=(NODE,),
)
GAPS = {"store": "its id", "local_store": "its id there", "central_store": "central's", "glance": "http://ADDRESS:9292"}


def written(*sites: FoundSite, **more: object) -> str:
    return text(Discovery(sites, **more), CHOICES, ["nothing"])  # type: ignore[arg-type]


def test_awkward_values_are_quoted(tmp_path: Path) -> None:
    """Values that YAML would not read as text are quoted."""
    path = tmp_path / "environment.yaml"
    path.write_text(written(CENTRAL, FoundSite("007", False, "yes", nodes=(FoundNode("null", "198.51.100.9", ()),))))

    environment = load_environment(path)

    assert (environment.cloud, environment.network) == ("a: cloud", "{site}-network")
    assert [(site.name, site.availability_zone) for site in environment.sites] == [
        ("central", "nova: main"),
        ("007", "yes"),
    ]
    assert environment.sites[1].nodes[0].name == "null"


def test_gaps_are_comments_that_say_what_to_fill_in() -> None:
    """Each gap is a comment in its place, is named at the top, and leaves the file valid YAML."""
    ceph = FoundCeph("dcn0", None, None)
    site = FoundSite("dcn0", False, ceph=ceph, gaps={**GAPS, "availability_zone": "its zone", "nodes": "NODE: {…}"})
    found = Discovery((CENTRAL, site))

    page = text(found, CHOICES, ["nothing"])

    assert to_fill_in(found) == tuple(f"sites.dcn0.{key}" for key in site.gaps)
    for key, advice in site.gaps.items():
        assert f"    # FILL IN  {key}: {advice}" in page
        assert f"sites.dcn0.{key}" in page.partition("\n\n")[0].replace("\n# ", " ")
    assert yaml.safe_load(page)["sites"]["dcn0"] == {"ceph": {"cluster": "dcn0"}}


def test_cluster_of_volume_services_is_a_question() -> None:
    """Where Cinder lists another cluster than the default, or none, the file says so, and asks."""
    site = FoundSite("dcn0", False, "dcn0", store="dcn0", cinder_cluster="none", ceph=CENTRAL.ceph, nodes=(NODE,))

    page = written(CENTRAL, site)

    assert re.search(r"cinder_cluster: none +# as Cinder lists its services; is this what you planned\?", page)
    assert "cinder_cluster" not in page.partition("dcn0:")[0]


def test_cluster_that_was_not_found_is_a_gap() -> None:
    """A site with storage whose cluster was not found is not treated as a site without storage."""
    site = FoundSite("dcn0", False, "dcn0", gaps={"ceph": "{cluster: NAME}"}, nodes=(NODE,))

    page = written(CENTRAL, site)

    assert "# FILL IN  ceph: {cluster: NAME}" in page
    assert "Without storage" not in page


def test_doubtful_machine_is_a_comment() -> None:
    """A doubtful machine is not used, and can be by removing the comment sign."""
    doubtful = FoundNode("dcn0-1", "198.51.100.21", ("compute",), doubt="refused")
    page = written(CENTRAL, FoundSite("dcn0", False, "dcn0", nodes=(doubtful,)))

    assert yaml.safe_load(page)["sites"]["dcn0"]["nodes"] == {}
    assert "      # dcn0-1: {address: 198.51.100.21, roles: [compute]}" in page


@pytest.mark.parametrize(("container", "shown"), [("glance-api", "glance-api"), (None, "null")])
def test_other_containers_are_services(container: str | None, shown: str, tmp_path: Path) -> None:
    """A service whose container has another name than TripleO's is in the file with its container."""
    page = written(CENTRAL, services={"glance": container})
    path = tmp_path / "environment.yaml"
    path.write_text(page)

    assert f"  glance: {{container: {shown}, config: [/etc/glance/glance-api.conf]}}" in page
    assert load_environment(path).services.glance.container == container


def test_long_remarks_are_wrapped() -> None:
    """No line is longer than a terminal is wide, and each begins as a comment."""
    page = written(CENTRAL, remarks=("word " * 100,))

    assert max(map(len, page.splitlines())) <= 120
    yaml.safe_load(page)
