"""What a failure is about: its sites, what it names, and the services that failed it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from helpers.environment import Environment, load_environment
from helpers.nodes.concerns import concern_of, ids_in

SERVER = "98e1794c-1b28-40cb-b376-4e0664cb5ff3"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    declared = yaml.safe_load(Path("environments/lab.example.yaml").read_text(encoding="utf-8"))
    path = tmp_path_factory.mktemp("environment") / "environment.yaml"
    path.write_text(yaml.safe_dump({name: declared[name] for name in ("cloud", "image", "flavor", "sites")}))
    return load_environment(path)


@pytest.mark.parametrize(
    ("message", "reproduce", "expected"),
    [
        ("dcn0: Glance at {dcn0}\nexpected: answers\nseen:     HTTP 503 no server", (), {("dcn0", "glance")}),
        ("dcn0: Glance at {dcn0}\nseen:     {dcn0}: [Errno 111] Connection refused", (), {("dcn0", "glance")}),
        (
            "expected: accepted\nseen:     HTTP 500 Internal Server Error",
            ("openstack --os-cloud a image show x",),
            {("central", "glance")},
        ),
        (
            "expected: an answer\nseen:     HTTP 500",
            ("openstack --os-cloud a server show x",),
            {("central", "nova_api")},
        ),
        ("dcn0, dcn0-0: containers: not running: glance_api; there are haproxy", (), {("dcn0", "glance")}),
        ("dcn0, dcn0-0: containers: not running: haproxy; there are glance_api", (), set()),
        ("dcn0: glance: {dcn0} answers 503", (), {("dcn0", "glance")}),
        ("dcn0: Glance at {dcn0}\nseen:     HTTP 404", (), set()),
        ("expected: ACTIVE\nseen:     status ERROR", ("openstack --os-cloud a server show x",), set()),
    ],
    ids=[
        "503",
        "refused",
        "central's",
        "nova",
        "container",
        "another container",
        "preflight",
        "not its fault",
        "a server's fault",
    ],
)
def test_the_service_that_failed(
    environment: Environment, message: str, reproduce: tuple[str, ...], expected: set[str]
):
    """One that answered with an error of its own, or not at all; no other."""
    told = message.format(dcn0=environment.site("dcn0").glance)

    assert concern_of(environment, (), told, reproduce).services == expected


def test_a_finding_is_at_the_site_that_it_begins_with(environment: Environment):
    """A failure of no site is at the one that its message begins with."""
    found = concern_of(environment, (), "dcn0, dcn0-0: ssh: no answer\ncentral is well", ())

    assert found.sites == {"dcn0"}


def test_commands_name_more_exactly_than_messages(environment: Environment):
    """A message also names what something was made from; ids are taken of the commands where these have any."""
    message = f"server of image {SERVER}"

    assert concern_of(environment, ("dcn0",), message, ()).ids == {SERVER}
    assert concern_of(environment, ("dcn0",), message, (f"show {SERVER[::-1].replace('-', 'a')}",)).ids == {SERVER}


def test_ids_are_those_of_resources():
    """UUIDs, and nothing else."""
    assert ids_in(f"server {SERVER}: ERROR", "openstack server show x") == {SERVER}
